{{/* What every pod needs for its sidecar: names, Dapr's control plane, the other sidecars, stores and broker, and a collector. */}}
{{- define "agents.sidecarEgress" -}}
{{- $values := .Values -}}
- ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
  to: [{ namespaceSelector: {} }]
- ports: [{ port: 50001, protocol: TCP }, { port: 6500, protocol: TCP }, { port: 50005, protocol: TCP }, { port: 50006, protocol: TCP }]
  to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ $values.dapr.namespace }} } } }]
- ports: [{ port: 50002, protocol: TCP }]
  to:
    - podSelector:
        matchLabels:
          {{- include "agents.selectorLabels" . | nindent 10 }}
{{- $policy := $values.networkPolicy }}
{{- range include "agents.storePorts" . | fromYamlArray }}
- ports: [{ port: {{ . }}, protocol: TCP }]
  to:
    {{- if $policy.stores }}
    {{- toYaml $policy.stores | nindent 4 }}
    {{- else if has . (list "443" "5671") }}
    {{- include "agents.publicAddresses" $policy | nindent 4 }}
    {{- else }}
    - ipBlock: { cidr: 0.0.0.0/0 }
    - ipBlock: { cidr: "::/0" }
    {{- end }}
{{- end }}
{{- with $values.telemetry.otlpEndpoint }}
- ports: [{ port: {{ regexFind ":[0-9]+/?$" . | trimAll ":/" | default "443" }}, protocol: TCP }]
  to: [{ namespaceSelector: {} }]
{{- end }}
{{- end -}}

{{/* Ports of the chosen stores, broker and secret store, each once. */}}
{{- define "agents.storePorts" -}}
{{- $values := .Values -}}
{{- $ports := list -}}
{{- range $type := list $values.state.type (default $values.state.type $values.sessions.type) -}}
{{- $ports = append $ports (get (dict "redis" (splitList ":" $values.state.redis.host | last) "postgresql" "5432" "azure.cosmosdb" "443" "aws.dynamodb" "443") $type) -}}
{{- end -}}
{{- if eq $values.pubsub.type "kafka" -}}
{{- range splitList "," $values.pubsub.kafka.brokers -}}{{- $ports = append $ports (splitList ":" . | last) -}}{{- end -}}
{{- else -}}
{{- $ports = append $ports (get (dict "redis" (splitList ":" $values.pubsub.redis.host | last) "rabbitmq" "5672" "azure.servicebus.topics" "5671" "aws.snssqs" "443" "gcp.pubsub" "443") $values.pubsub.type) -}}
{{- end -}}
{{- if ne $values.secrets.type "kubernetes" -}}{{- $ports = append $ports "443" -}}{{- end -}}
{{- toYaml ($ports | uniq) -}}
{{- end -}}

{{- define "agents.publicAddresses" -}}
- ipBlock: { cidr: 0.0.0.0/0, except: {{ .privateRanges | toJson }} }
- ipBlock: { cidr: "::/0", except: {{ .privateRanges6 | toJson }} }
{{- end -}}
