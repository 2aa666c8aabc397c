{{- define "closeout.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* 63 characters less those of the longest suffix, and of what a CronJob puts behind its own name. */}}
{{- define "closeout.fullname" -}}
{{- $name := include "closeout.name" . -}}
{{- $own := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $own .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "closeout.selector" -}}
app.kubernetes.io/name: {{ include "closeout.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "closeout.labels" -}}
{{ include "closeout.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "closeout.serviceAccountName" -}}
{{- $made := ternary (include "closeout.fullname" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $made -}}
{{- end -}}

{{- define "closeout.image" -}}
{{- $version := printf ":%s" (.Values.image.tag | default .Chart.AppVersion) -}}
{{- .Values.image.repository }}{{ ternary (printf "@%s" .Values.image.digest) $version (ne .Values.image.digest "") -}}
{{- end -}}
