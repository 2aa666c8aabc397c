{{/* What every pod's specification begins with. */}}
{{- define "closeout.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .Values.runAsUser }}
  runAsUser: {{ int . }}
  runAsGroup: {{ int . }}
  {{- end }}
  {{- with .Values.fsGroup }}
  fsGroup: {{ int . }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Labels and annotations of a pod; takes root and component. */}}
{{- define "closeout.podMetadata" -}}
labels:
  {{- include "closeout.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/config: {{ include (print .root.Template.BasePath "/configmap.yaml") .root | sha256sum }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Affinity and spread of the pods of a Deployment; takes root and component. */}}
{{- define "closeout.placement" -}}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml .root.Values.topologySpreadConstraints | nindent 2 }}
{{- else if eq .root.Values.database "postgresql" }}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "closeout.selector" $.root | nindent 8 }}
        app.kubernetes.io/component: {{ $.component }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end -}}

{{/* What every container begins with. */}}
{{- define "closeout.container" -}}
image: {{ include "closeout.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "closeout.mounts" -}}
- name: tmp
  mountPath: /tmp
- name: secrets
  mountPath: {{ include "closeout.secretsDir" . }}
  readOnly: true
{{- if or .Values.forges .Values.messages .Values.policy }}
- name: config
  mountPath: {{ include "closeout.configDir" . }}
  readOnly: true
{{- end }}
{{- if .Values.caBundle.existingConfigMap }}
- name: ca
  mountPath: {{ include "closeout.caDir" . }}
  readOnly: true
{{- end }}
{{- if eq .Values.database "sqlite" }}
- name: data
  mountPath: {{ include "closeout.dataDir" . }}
{{- end }}
{{- end -}}

{{- define "closeout.volumes" -}}
- name: tmp
  emptyDir: {}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- include "closeout.secretFiles" . | trim | nindent 6 }}
{{- if or .Values.forges .Values.messages .Values.policy }}
- name: config
  configMap:
    name: {{ include "closeout.fullname" . }}
{{- end }}
{{- with .Values.caBundle.existingConfigMap }}
- name: ca
  configMap:
    name: {{ . }}
    items:
      - key: {{ quote $.Values.caBundle.key }}
        path: ca.crt
{{- end }}
{{- if eq .Values.database "sqlite" }}
- name: data
  {{- if .Values.persistence.enabled }}
  persistentVolumeClaim:
    claimName: {{ .Values.persistence.existingClaim | default (include "closeout.fullname" .) }}
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end }}
{{- end -}}
