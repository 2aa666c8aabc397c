{{/* What cannot work together, one sentence each; empty when everything fits. */}}
{{- define "closeout.refusals" -}}
{{- $v := .Values -}}
{{- $github := or $v.secrets.githubToken.key $v.secrets.githubPrivateKey.key -}}
{{- $gitlab := $v.secrets.gitlabToken.key -}}
{{- if not (or $github $gitlab $v.forges) }}
- no forge is configured: set secrets.githubToken.key or secrets.gitlabToken.key, or name one under forges
{{- end }}
{{- if and $github (not $v.secrets.githubWebhookSecret.key) }}
- secrets.githubWebhookSecret.key is missing: without it no webhook of GitHub can be verified
{{- end }}
{{- if and $gitlab (not (or $v.secrets.gitlabWebhookSecret.key $v.secrets.gitlabSigningToken.key)) }}
- secrets.gitlabWebhookSecret.key is missing (or secrets.gitlabSigningToken.key): without it no webhook of GitLab can be verified
{{- end }}
{{- range $name, $forge := $v.forges }}
{{- if not (or $forge.webhookSecret $forge.signingToken) }}
- forges.{{ $name }}.webhookSecret is missing: without it no webhook of this forge can be verified
{{- end }}
{{- range $key, $value := $forge }}
{{- if and (kindIs "map" $value) (not $v.existingSecret) (not $value.name) }}
- forges.{{ $name }}.{{ $key }} names no Secret: set its name, or existingSecret for all
{{- end }}
{{- end }}
{{- end }}
{{- range $key, $secret := $v.secrets }}
{{- if and $secret.key (not $v.existingSecret) (not $secret.name) }}
- secrets.{{ $key }} names no Secret: set its name, or existingSecret for all
{{- end }}
{{- end }}
{{- if and $v.settings.publicUrl (not $v.secrets.linkSecret.key) }}
- secrets.linkSecret.key is missing: what links to settings.publicUrl are sealed with, as openssl rand -hex 32 makes it
{{- end }}
{{- if eq $v.database "postgresql" }}
{{- if not $v.secrets.databaseUrl.key }}
- secrets.databaseUrl.key is missing: a Secret's key that holds postgresql://user:password@host:5432/closeout
{{- end }}
{{- else }}
{{- if $v.secrets.databaseUrl.key }}
- secrets.databaseUrl is set, but database is sqlite: set database to postgresql
{{- end }}
{{- if gt (int $v.web.replicas) 1 }}
- web.replicas is {{ $v.web.replicas }}, but a SQLite file serves one pod: keep 1, or set database to postgresql
{{- end }}
{{- if $v.web.autoscaling.enabled }}
- web.autoscaling.enabled is true, but a SQLite file serves one pod: leave it, or set database to postgresql
{{- end }}
{{- if $v.worker.enabled }}
- worker.enabled is true, but a SQLite file serves one pod: leave it, or set database to postgresql
{{- end }}
{{- end }}
{{- if not (or $v.web.workers $v.worker.enabled) }}
- web.workers is 0 and worker.enabled is false, so nobody would look at issues: change one of them
{{- end }}
{{- if and $v.audit.enabled $v.settings.audit }}
- audit.enabled and settings.audit are both set, so the audit would run twice: keep one of them
{{- end }}
{{- if and $gitlab (or $v.settings.audit (and $v.audit.enabled (not $v.audit.projects))) }}
{{- range splitList "," $v.settings.projects }}
{{- if regexMatch "^(gitlab:)?[^/:]*[*?\\[]" (trim .) }}
- settings.projects names no group in {{ trim . | quote }}, and the audit lists GitLab's projects by group: write it like gitlab:acme/*
{{- end }}
{{- end }}
{{- end }}
{{- if and $v.ingress.enabled (not $v.ingress.host) }}
- ingress.host is missing: the host that the webhooks are sent to
{{- end }}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) }}
- httpRoute.parentRefs is missing: the gateway that the webhooks come through
{{- end }}
{{- with $v.settings.metricsBind }}
{{- if not (include "closeout.metricsPort" $) }}
- settings.metricsBind is {{ . }}, which names no port: write it like :9108
{{- else if regexMatch "^(127\\.|localhost:|\\[::1\\])" . }}
- settings.metricsBind is {{ . }}, which nothing outside its pod reaches, not even the probes: write it like :9108
{{- end }}
{{- end }}
{{- if $v.monitoring.monitors.enabled }}
{{- if and $v.worker.enabled (not $v.settings.metricsBind) }}
- settings.metricsBind is missing: the address where worker pods answer for their metrics, like :9108
{{- end }}
{{- if and $v.networkPolicy.enabled $v.networkPolicy.from (not $v.networkPolicy.scrapers) }}
- networkPolicy.scrapers is missing: networkPolicy.from lets in nobody else, and Prometheus could not come
{{- end }}
{{- else if $v.monitoring.alerts.enabled }}
- monitoring.alerts.enabled is true, but monitoring.monitors.enabled is false: nothing would bring what they look at
{{- end }}
{{- $known := list }}
{{- range (.Files.Get "files/alerts.yaml" | fromYaml).groups }}
{{- range .rules }}
{{- $known = append $known .alert }}
{{- end }}
{{- end }}
{{- range $v.monitoring.alerts.disabled }}
{{- if not (has . $known) }}
- monitoring.alerts.disabled names {{ . }}, which is none of {{ join ", " $known }}
{{- end }}
{{- end }}
{{- range $v.extraEnv }}
{{- if hasPrefix "CLOSEOUT_" .name }}
- extraEnv sets {{ .name }}, which belongs under settings, secrets, web or worker
{{- end }}
{{- end }}
{{- end -}}
