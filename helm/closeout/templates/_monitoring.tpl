{{/* The port of settings.metricsBind; empty where it has none. */}}
{{- define "closeout.metricsPort" -}}
{{- regexFind ":[0-9]+$" .Values.settings.metricsBind | trimPrefix ":" -}}
{{- end -}}

{{/* What Prometheus calls the processes of this release, web pods and workers alike. */}}
{{- define "closeout.job" -}}
{{ .Release.Namespace }}/{{ include "closeout.fullname" . }}
{{- end -}}

{{/* Labels of an object for an operator or a sidecar, which finds it by them; takes root and own. */}}
{{- define "closeout.labelsFor" -}}
labels:
  {{- include "closeout.labels" .root | nindent 2 }}
  {{- with .own.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* How a port is scraped. The operator's own label `endpoint` would push ours aside. */}}
{{- define "closeout.scrape" -}}
path: /metrics
interval: {{ .Values.monitoring.monitors.interval }}
honorLabels: true
relabelings:
  - targetLabel: job
    replacement: {{ include "closeout.job" . }}
{{- end -}}
