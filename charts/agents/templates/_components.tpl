{{/* One entry of a component's metadata list, from a map of name -> value; a value that is a map names a key of a secret, or a variable. */}}
{{- define "agents.componentMetadata" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  {{- if not (kindIs "map" $value) }}
  value: {{ $value | toString | quote }}
  {{- else if $value.secret }}
  secretKeyRef: { name: {{ $value.secret }}, key: {{ $value.key }} }
  {{- else }}
  envRef: {{ $value.variable }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "agents.component" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  {{- include "agents.metadata" (list $root $name $name) | nindent 2 }}
spec:
  type: {{ index . 2 }}
  version: {{ index . 3 }}
  initTimeout: 30s
  {{- with index . 4 }}
  metadata:
    {{- include "agents.componentMetadata" . | trim | nindent 4 }}
  {{- else }}
  metadata: []
  {{- end }}
auth:
  secretStore: kubernetes
scopes: {{ index . 5 | toJson }}
{{- end -}}

{{/* Metadata of a state store of any type, as a map. Call with a list: the root context and the type. */}}
{{- define "agents.state" -}}
{{- $state := (first .).Values.state -}}
keyPrefix: name
{{- if eq (last .) "redis" }}
{{- include "agents.redis" $state.redis }}
redisMaxRetries: 5
{{- else if eq (last .) "postgresql" }}
connectionString: { secret: {{ $state.postgresql.existingSecret }}, key: connectionString }
maxConns: {{ $state.postgresql.maxConns }}
cleanupInterval: 10m
{{- else if eq (last .) "azure.cosmosdb" }}
url: {{ $state.cosmosdb.url }}
database: {{ $state.cosmosdb.database }}
collection: {{ $state.cosmosdb.collection }}
{{- with $state.cosmosdb.existingSecret }}
masterKey: { secret: {{ . }}, key: masterKey }
{{- end }}
{{- else if eq (last .) "aws.dynamodb" }}
table: {{ $state.dynamodb.table }}
partitionKey: key
ttlAttributeName: expiresAt
{{- include "agents.aws" $state.dynamodb }}
{{- end }}
{{- end -}}

{{- define "agents.redis" }}
redisHost: {{ .host }}
redisDB: {{ .database }}
enableTLS: {{ .tls }}
{{- with .username }}
redisUsername: {{ . }}
{{- end }}
{{- with .existingSecret }}
redisPassword: { secret: {{ . }}, key: password }
{{- end }}
{{- end -}}

{{- define "agents.aws" }}
region: {{ .region }}
{{- with .existingSecret }}
accessKey: { secret: {{ . }}, key: accessKey }
secretKey: { secret: {{ . }}, key: secretKey }
{{- end }}
{{- end -}}

{{/*
Metadata of the broker, as a map. A sidecar takes no more from the broker than its pod has slots: what lies in a pod's own queue is
seen by no scaler and waits for that pod alone.
*/}}
{{- define "agents.pubsub" -}}
{{- $pubsub := .Values.pubsub -}}
{{- if eq $pubsub.type "redis" }}
{{- include "agents.redis" $pubsub.redis }}
concurrency: { variable: AGENTS_SLOTS }
queueDepth: { variable: AGENTS_SLOTS }
processingTimeout: 60000 # milliseconds without a unit; longer than any handler takes
redeliverInterval: 15000
streamTTL: {{ $pubsub.redis.retention }}
{{- else if eq $pubsub.type "kafka" }}
brokers: {{ $pubsub.kafka.brokers }}
disableTls: {{ not $pubsub.kafka.tls }}
initialOffset: oldest
consumeRetryEnabled: true
{{- if $pubsub.kafka.existingSecret }}
authType: password
saslMechanism: {{ get (dict "plain" "PLAINTEXT" "scram-sha256" "SHA-256" "scram-sha512" "SHA-512") $pubsub.kafka.mechanism }}
saslUsername: { secret: {{ $pubsub.kafka.existingSecret }}, key: username }
saslPassword: { secret: {{ $pubsub.kafka.existingSecret }}, key: password }
{{- else }}
authType: none
{{- end }}
{{- else if eq $pubsub.type "rabbitmq" }}
connectionString: { secret: {{ $pubsub.rabbitmq.existingSecret }}, key: uri }
durable: true
deletedWhenUnused: false
deliveryMode: 2
publisherConfirm: true
requeueInFailure: true
prefetchCount: { variable: AGENTS_SLOTS }
{{- else if eq $pubsub.type "azure.servicebus.topics" }}
{{- if $pubsub.servicebus.existingSecret }}
connectionString: { secret: {{ $pubsub.servicebus.existingSecret }}, key: connectionString }
{{- else }}
namespaceName: {{ $pubsub.servicebus.namespace }}
{{- end }}
maxActiveMessages: { variable: AGENTS_SLOTS }
maxConcurrentHandlers: { variable: AGENTS_SLOTS }
{{- else if eq $pubsub.type "aws.snssqs" }}
{{- include "agents.aws" $pubsub.snssqs }}
concurrencyLimit: { variable: AGENTS_SLOTS }
messageVisibilityTimeout: 60
{{- else if eq $pubsub.type "gcp.pubsub" }}
projectId: {{ $pubsub.gcp.projectId }}
maxOutstandingMessages: { variable: AGENTS_SLOTS }
ackDeadline: 60s
{{- end }}
{{- end -}}

{{/* Metadata of the secret store, as a map. */}}
{{- define "agents.secrets" -}}
{{- if eq .Values.secrets.type "azure.keyvault" }}
vaultName: {{ .Values.secrets.keyvault.vaultName }}
{{- else if eq .Values.secrets.type "aws.secretmanager" }}
region: {{ .Values.secrets.secretmanager.region }}
{{- else if eq .Values.secrets.type "gcp.secretmanager" }}
projectID: {{ .Values.secrets.secretmanager.projectId }}
{{- else }}
{}
{{- end }}
{{- end -}}

{{/* Secrets of the chosen stores and broker: name -> keys. */}}
{{- define "agents.storeSecrets" -}}
{{- $secrets := dict -}}
{{- $state := include "agents.state" (list . .Values.state.type) | fromYaml -}}
{{- $sessions := include "agents.state" (list . (default .Values.state.type .Values.sessions.type)) | fromYaml -}}
{{- range $metadata := list $state $sessions (include "agents.pubsub" . | fromYaml) -}}
{{- range $value := $metadata -}}
{{- if kindIs "map" $value -}}
{{- with $value.secret -}}
{{- $_ := set $secrets . (append (get $secrets . | default list) $value.key | uniq) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $secrets -}}
{{- end -}}
