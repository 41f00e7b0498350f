{{/* What the schema of the values cannot say. Each message names the value and the way out. */}}
{{- define "agents.validate" -}}
{{- $values := .Values -}}
{{- $apps := include "agents.apps" . | fromYaml -}}
{{- range $id, $app := $apps -}}
{{- if and $app.public (not $app.enabled) -}}
{{- fail (printf "apps.%s.enabled: the other services need %s; only conversation-hooks, retrieval-ingest and inference-batch can be switched off" $id $id) -}}
{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- $jobs := 0 -}}
{{- range $lane := $values.lanes -}}
{{- if has $lane.name $names -}}{{- fail (printf "lanes: there are two lanes of the name %q" $lane.name) -}}{{- end -}}
{{- $names = append $names $lane.name -}}
{{- $app := get $apps (printf "conversation-%s" $lane.name) -}}
{{- $pods := ternary $app.autoscaling.maxReplicas $app.replicas (ne (include "agents.scaledBy" (list $ $app)) "") -}}
{{- $jobs = add $jobs (mul $app.slots $pods) -}}
{{- end -}}
{{- $most := $values.maxConcurrentJobs | int -}}
{{- if and $most (gt ($jobs | int) $most) -}}
{{- fail (printf "maxConcurrentJobs: the lanes can run %d jobs at once (slots x pods of each), more than %d; lower their slots or maxReplicas" $jobs $most) -}}
{{- end -}}
{{- range $id, $app := $apps -}}
{{- if include "agents.scaledBy" (list $ $app) -}}
{{- if gt ($app.autoscaling.minReplicas | int) ($app.autoscaling.maxReplicas | int) -}}
{{- fail (printf "autoscaling of %s: minReplicas %v is more than maxReplicas %v" $id $app.autoscaling.minReplicas $app.autoscaling.maxReplicas) -}}
{{- end -}}
{{- if and (not $app.queue) (lt ($app.autoscaling.minReplicas | int) 1) -}}
{{- fail (printf "autoscaling of %s: minReplicas 0 is for queues; whoever asks a public service would find nobody" $id) -}}
{{- end -}}
{{- if and $app.queue (eq $values.pubsub.type "kafka") (gt ($app.autoscaling.maxReplicas | int) ($values.pubsub.kafka.partitions | int)) -}}
{{- fail (printf "autoscaling of %s: maxReplicas %v is more than pubsub.kafka.partitions %v; the further pods would have nothing to do" $id $app.autoscaling.maxReplicas $values.pubsub.kafka.partitions) -}}
{{- end -}}
{{- if and $app.queue (eq (include "agents.scaledBy" (list $ $app)) "keda") (lt ($app.autoscaling.cooldownSeconds | int) ($app.drainSeconds | int)) -}}
{{- fail (printf "autoscaling of %s: cooldownSeconds %v is less than drainSeconds %v; a lane must not go while its work may still run" $id $app.autoscaling.cooldownSeconds $app.drainSeconds) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
