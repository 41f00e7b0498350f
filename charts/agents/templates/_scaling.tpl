{{- define "agents.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies: [{ type: Pods, value: {{ .scaleUpPodsPer15s }}, periodSeconds: 15 }]
scaleDown:
  stabilizationWindowSeconds: {{ .scaleDownStabilizationSeconds }}
  policies: [{ type: Percent, value: 25, periodSeconds: 60 }]
{{- end -}}

{{/*
Triggers of a queue. First the service's own figure, waiting and running work as its records say: it sees what sidecars have taken
from the broker already, and stays true when the broker loses its memory. The broker's backlog is the second opinion.
*/}}
{{- define "agents.queueTriggers" -}}
{{- $root := first . -}}
{{- $app := last . -}}
{{- $fullname := include "agents.fullname" $root -}}
{{- if $app.figure -}}
- type: metrics-api
  name: work
  useCachedMetrics: true
  metadata:
    url: http://{{ $fullname }}-{{ $app.figure.app }}.{{ $root.Release.Namespace }}.svc.cluster.local{{ $app.figure.path }}
    valueLocation: {{ $app.figure.value }}
    targetValue: {{ $app.autoscaling.target | quote }}
    activationTargetValue: "0"
    authMode: bearer
  authenticationRef: { name: {{ $fullname }}-figures }
{{- end }}
{{- if $root.Values.keda.brokerTriggers }}
{{ include "agents.brokerTrigger" . | trim }}
{{- if include "agents.brokerAuthentication" $root }}
  authenticationRef: { name: {{ $fullname }}-broker }
{{- end }}
{{- end }}
{{- end -}}

{{/* The names that Dapr gives queues, streams and groups of an app's subscription. */}}
{{- define "agents.brokerTrigger" -}}
{{- $pubsub := (first .).Values.pubsub -}}
{{- $app := last . -}}
{{- $target := $app.autoscaling.target | quote -}}
{{- if eq $pubsub.type "redis" }}
- type: redis-streams
  name: broker
  useCachedMetrics: true
  metadata:
    address: {{ $pubsub.redis.host }}
    stream: {{ $app.queue }}
    consumerGroup: {{ $app.id }}
    lagCount: {{ $target }}
    activationLagCount: "0"
    databaseIndex: {{ $pubsub.redis.database | quote }}
    enableTLS: {{ $pubsub.redis.tls | quote }}
{{- else if eq $pubsub.type "kafka" }}
- type: kafka
  name: broker
  useCachedMetrics: true
  metadata:
    bootstrapServers: {{ $pubsub.kafka.brokers }}
    consumerGroup: {{ $app.id }}
    topic: {{ $app.queue }}
    lagThreshold: {{ $target }}
    offsetResetPolicy: earliest
    tls: {{ $pubsub.kafka.tls | ternary "enable" "disable" }}
    {{- if $pubsub.kafka.existingSecret }}
    sasl: {{ get (dict "plain" "plaintext" "scram-sha256" "scram_sha256" "scram-sha512" "scram_sha512") $pubsub.kafka.mechanism }}
    {{- end }}
{{- else if eq $pubsub.type "rabbitmq" }}
- type: rabbitmq
  name: broker
  useCachedMetrics: true
  metadata:
    queueName: {{ $app.id }}-{{ $app.queue }}
    protocol: amqp
    mode: QueueLength
    value: {{ $target }}
{{- else if eq $pubsub.type "azure.servicebus.topics" }}
- type: azure-servicebus
  name: broker
  useCachedMetrics: true
  metadata:
    topicName: {{ $app.queue }}
    subscriptionName: {{ $app.id }}
    messageCount: {{ $target }}
    {{- if not $pubsub.servicebus.existingSecret }}
    namespace: {{ splitList "." $pubsub.servicebus.namespace | first }}
    {{- end }}
{{- else if eq $pubsub.type "aws.snssqs" }}
- type: aws-sqs-queue
  name: broker
  useCachedMetrics: true
  metadata:
    queueURL: {{ $app.id }}
    queueLength: {{ $target }}
    awsRegion: {{ $pubsub.snssqs.region }}
{{- else if eq $pubsub.type "gcp.pubsub" }}
- type: gcp-pubsub
  name: broker
  useCachedMetrics: true
  metadata:
    subscriptionName: projects/{{ $pubsub.gcp.projectId }}/subscriptions/{{ $app.id }}-{{ $app.queue }}
    mode: SubscriptionSize
    value: {{ $target }}
{{- end }}
{{- end -}}

{{/* How KEDA shows itself to the broker, from the same secrets as the sidecars; empty when it needs nothing. */}}
{{- define "agents.brokerAuthentication" -}}
{{- $pubsub := .Values.pubsub -}}
{{- $secrets := dict -}}
{{- $secret := "" -}}
{{- $identity := "" -}}
{{- if eq $pubsub.type "redis" -}}
{{- $secret = $pubsub.redis.existingSecret -}}
{{- $secrets = dict "password" "password" -}}
{{- else if eq $pubsub.type "kafka" -}}
{{- $secret = $pubsub.kafka.existingSecret -}}
{{- $secrets = dict "username" "username" "password" "password" -}}
{{- else if eq $pubsub.type "rabbitmq" -}}
{{- $secret = $pubsub.rabbitmq.existingSecret -}}
{{- $secrets = dict "host" "uri" -}}
{{- else if eq $pubsub.type "azure.servicebus.topics" -}}
{{- $secret = $pubsub.servicebus.existingSecret -}}
{{- $secrets = dict "connection" "connectionString" -}}
{{- $identity = "azure-workload" -}}
{{- else if eq $pubsub.type "aws.snssqs" -}}
{{- $secret = $pubsub.snssqs.existingSecret -}}
{{- $secrets = dict "awsAccessKeyID" "accessKey" "awsSecretAccessKey" "secretKey" -}}
{{- $identity = "aws" -}}
{{- else if eq $pubsub.type "gcp.pubsub" -}}
{{- $identity = "gcp" -}}
{{- end -}}
{{- if $secret -}}
secretTargetRef:
  {{- range $parameter, $key := $secrets }}
  - { parameter: {{ $parameter }}, name: {{ $secret }}, key: {{ $key }} }
  {{- end }}
{{- else if $identity -}}
podIdentity: { provider: {{ default $identity .Values.keda.podIdentity }} }
{{- end -}}
{{- end -}}

{{/* Triggers of a public service: requests under way per pod, and how long people wait for the first token. */}}
{{- define "agents.requestTriggers" -}}
{{- $prometheus := (first .).Values.keda.prometheus -}}
{{- $app := last . -}}
{{- $matchers := printf "{%sjob=\"agents/%s\"}" $prometheus.matchers $app.id -}}
- type: prometheus
  name: requests
  useCachedMetrics: true
  metadata:
    serverAddress: {{ $prometheus.serverAddress }}
    query: sum(http_server_active_requests{{ $matchers }})
    threshold: {{ $app.autoscaling.target | quote }}
    ignoreNullValues: "false"
{{- if $app.autoscaling.targetFirstTokenSeconds }}
{{- $metric := get (dict "conversation" "agents_turn_time_to_first_token_seconds" "inference" "gen_ai_client_operation_time_to_first_chunk_seconds") $app.service }}
{{- if $metric }}
- type: prometheus
  name: first-token
  metricType: Value
  useCachedMetrics: true
  metadata:
    serverAddress: {{ $prometheus.serverAddress }}
    # Nobody waiting is a zero, not a gap.
    query: histogram_quantile(0.95, sum by (le) (rate({{ $metric }}_bucket{{ $matchers }}[2m]))) >= 0 or vector(0)
    threshold: {{ $app.autoscaling.targetFirstTokenSeconds | quote }}
    ignoreNullValues: "false"
{{- end }}
{{- end }}
{{- end -}}
