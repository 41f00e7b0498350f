{{/*
All that runs, as YAML: app id -> its facts (roles.yaml) and settings (`defaults`, then `apps` or the lane's own).
Roles that are switched off are not in it; their work and topics fall to the role that delegates to them, as lanes do when none is listed.
*/}}
{{- define "agents.apps" -}}
{{- $values := .Values -}}
{{- $roles := .Files.Get "roles.yaml" | fromYaml -}}
{{- $apps := dict -}}
{{- range $id, $role := $roles -}}
{{- $settings := mergeOverwrite (deepCopy $values.defaults) (deepCopy (index $values.apps $id | default dict)) -}}
{{- if or $settings.enabled $role.public -}}
{{- $_ := set $apps $id (merge (dict "id" $id "environment" dict "topics" list) $role $settings) -}}
{{- end -}}
{{- end -}}
{{- range $id, $app := $apps -}}
{{- range $role, $environment := $app.delegates -}}
{{- if hasKey $apps $role -}}
{{- $_ := set $app "environment" (merge $app.environment $environment) -}}
{{- else -}}
{{- $_ := set $app "topics" (concat $app.topics ((index $roles $role).topics | default list)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $values.lanes -}}
{{- $_ := set $apps.conversation.environment "Jobs__WorkersApart" "true" -}}
{{- else -}}
{{- range $lane := $roles.conversation.lanes -}}
{{- $_ := set $apps.conversation "topics" (append $apps.conversation.topics (printf "jobs-%s" $lane)) -}}
{{- end -}}
{{- end -}}
{{- range $lane := $values.lanes -}}
{{- $id := printf "conversation-%s" $lane.name -}}
{{- $topic := printf "jobs-%s" $lane.name -}}
{{- $figure := dict "app" "conversation" "path" (printf "/v1/jobs/lanes/%s" $lane.name) "value" "jobs" -}}
{{- $role := dict "id" $id "service" "conversation" "lane" $lane.name "topics" (list $topic) "queue" $topic "figure" $figure "environment" $apps.conversation.environment -}}
{{- $_ := set $apps $id (merge $role (mergeOverwrite (deepCopy $values.defaults) (omit (deepCopy $lane) "name" "settings"))) -}}
{{- end -}}
{{- toYaml $apps -}}
{{- end -}}

{{/* `keda`, `hpa`, or empty for a fixed number of pods. Call with a list: the root context and the app. */}}
{{- define "agents.scaledBy" -}}
{{- $root := first . -}}
{{- $app := last . -}}
{{- $keda := $root.Values.keda -}}
{{- if $app.autoscaling.enabled -}}
{{- $byQueue := and $app.queue (or $app.figure $keda.brokerTriggers) -}}
{{- $byRequests := and $app.public $keda.prometheus.serverAddress -}}
{{- if and $keda.enabled (or $byQueue $byRequests $app.autoscaling.extraTriggers) -}}keda
{{- else if $app.public -}}hpa
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Fewest pods at any time. Call with a list: the root context and the app. */}}
{{- define "agents.fewestPods" -}}
{{- $app := last . -}}
{{- $by := include "agents.scaledBy" . -}}
{{- ternary $app.autoscaling.minReplicas $app.replicas (ne $by "") -}}
{{- end -}}

{{/* What a stop may take: connections that end, work that ends, the sidecar that ends, and 10 s to spare. */}}
{{- define "agents.gracePeriod" -}}
{{- add .preStopSeconds .drainSeconds 5 10 -}}
{{- end -}}

{{/* Environment of an app as a map. Call with a list: the root context and the app. */}}
{{- define "agents.environment" -}}
{{- $root := first . -}}
{{- $app := last . -}}
{{- $values := $root.Values -}}
{{- $environment := dict "APP_ID" $app.id "Subscriptions__Declared" "true" "ShutdownTimeoutSeconds" ($app.drainSeconds | toString) -}}
{{- if eq $app.service "conversation" -}}
{{- range $lane := $values.lanes -}}
{{- $settings := merge (dict "Slots" ($lane.slots | default $values.defaults.slots | toString)) ($lane.settings | default dict) -}}
{{- range $name, $value := $settings -}}
{{- $_ := set $environment (printf "Lanes__%s__%s" $lane.name $name) $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if eq $app.service "inference" -}}
{{- range $i, $model := $values.models -}}
{{- range $name, $value := $model -}}
{{- $_ := set $environment (printf "Models__%d__%s" $i (title $name)) (kindIs "float64" $value | ternary ($value | int64 | toString) ($value | toString)) -}}
{{- end -}}
{{- end -}}
{{- with $values.defaultModel }}{{- $_ := set $environment "DefaultModel" . -}}{{- end -}}
{{- end -}}
{{- if eq $app.service "retrieval" -}}
{{- with $values.embeddingModel }}{{- $_ := set $environment "Embeddings__Model" . -}}{{- end -}}
{{- end -}}
{{- with $values.telemetry.otlpEndpoint -}}
{{- $_ := set $environment "OTEL_EXPORTER_OTLP_ENDPOINT" . -}}
{{- $_ := set $environment "OTEL_RESOURCE_ATTRIBUTES" (printf "k8s.namespace.name=%s,k8s.deployment.name=%s-%s" $root.Release.Namespace (include "agents.fullname" $root) $app.id) -}}
{{- end -}}
{{- merge (dict) $app.config $values.config $app.environment $environment | toYaml -}}
{{- end -}}

{{/* App ids of public services, as alternatives of a regular expression. */}}
{{- define "agents.servingApps" -}}
{{- $ids := list -}}
{{- range $id, $app := include "agents.apps" . | fromYaml }}{{ if $app.public }}{{ $ids = append $ids $id }}{{ end }}{{ end -}}
{{- $ids | sortAlpha | join "|" -}}
{{- end -}}
