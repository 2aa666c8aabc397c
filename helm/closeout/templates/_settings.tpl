{{/* Where things are inside the containers. The Dockerfile makes the last of them writable. */}}
{{- define "closeout.configDir" -}}/etc/closeout{{- end -}}
{{- define "closeout.secretsDir" -}}/run/secrets/closeout{{- end -}}
{{- define "closeout.caDir" -}}/etc/ssl/closeout{{- end -}}
{{- define "closeout.dataDir" -}}/var/lib/closeout{{- end -}}

{{/* The variables that say where the database is. */}}
{{- define "closeout.databaseEnv" -}}
{{- if eq .Values.database "postgresql" -}}
- name: CLOSEOUT_DATABASE_URL_FILE
  value: {{ include "closeout.secretsDir" . }}/database-url
{{- else -}}
- name: CLOSEOUT_DATABASE_URL
  value: sqlite:///{{ include "closeout.dataDir" . }}/closeout.sqlite3
{{- end -}}
{{- end -}}

{{/* All variables but those that differ between the kinds of pods. */}}
{{- define "closeout.env" -}}
{{ include "closeout.databaseEnv" . }}
{{- range $key, $value := .Values.settings }}
{{- if ne (toString $value) "" }}
- name: CLOSEOUT_{{ snakecase $key | upper }}
  value: {{ toString $value | quote }}
{{- end }}
{{- end }}
{{- range $key, $secret := omit .Values.secrets "databaseUrl" }}
{{- if $secret.key }}
- name: CLOSEOUT_{{ snakecase $key | upper }}_FILE
  value: {{ include "closeout.secretsDir" $ }}/{{ kebabcase $key }}
{{- end }}
{{- end }}
{{- if or .Values.forges .Values.messages }}
- name: CLOSEOUT_CONFIG
  value: {{ include "closeout.configDir" . }}/closeout.yml
{{- end }}
{{- if .Values.policy }}
- name: CLOSEOUT_POLICY
  value: {{ include "closeout.configDir" . }}/policy.yml
{{- end }}
{{- if .Values.caBundle.existingConfigMap }}
- name: REQUESTS_CA_BUNDLE
  value: {{ include "closeout.caDir" . }}/ca.crt
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Paths that are reachable from outside; takes root and those of the values. Calendars are where they are linked. */}}
{{- define "closeout.paths" -}}
{{- $root := index . 0 -}}
{{- $paths := index . 1 -}}
{{- if $root.Values.settings.publicUrl }}
{{- $paths = append $paths "/calendar/" | uniq }}
{{- end }}
{{- toJson $paths }}
{{- end -}}

{{/* The file that CLOSEOUT_CONFIG names: a value that is a map is a secret, and stands there as a file's path. */}}
{{- define "closeout.config" -}}
{{- with .Values.messages }}
messages:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .Values.forges }}
forges:
{{- range $name, $forge := .Values.forges }}
  {{ quote $name }}:
    {{- range $key, $value := $forge }}
    {{- if kindIs "map" $value }}
    {{ snakecase $key }}_file: {{ include "closeout.secretsDir" $ }}/forges/{{ $name }}/{{ kebabcase $key }}
    {{- else }}
    {{ snakecase $key }}: {{ quote $value }}
    {{- end }}
    {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* One key of one Secret, as a file; takes root, secret and path. */}}
{{- define "closeout.secretFile" -}}
- secret:
    name: {{ .secret.name | default .root.Values.existingSecret }}
    items:
      - key: {{ quote .secret.key }}
        path: {{ .path }}
{{- end -}}

{{/* Sources of the volume with all secrets. */}}
{{- define "closeout.secretFiles" -}}
{{- range $key, $secret := .Values.secrets }}
{{- if $secret.key }}
{{ include "closeout.secretFile" (dict "root" $ "secret" $secret "path" (kebabcase $key)) }}
{{- end }}
{{- end }}
{{- range $name, $forge := .Values.forges }}
{{- range $key, $value := $forge }}
{{- if kindIs "map" $value }}
{{ include "closeout.secretFile" (dict "root" $ "secret" $value "path" (printf "forges/%s/%s" $name (kebabcase $key))) }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
