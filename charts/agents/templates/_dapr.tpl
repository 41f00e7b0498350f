{{/*
Annotations by which Dapr's injector adds the sidecar. Call with a list: the root context and the app.

A service that stops still writes and publishes through its sidecar until its last turn is done. A native sidecar outlives it by
itself, and stops handing it messages as soon as it no longer listens. The other kind is told to stop at the same moment: it stays
for as long as the service may take, and must not be told earlier that the service has gone.
*/}}
{{- define "agents.daprAnnotations" -}}
{{- $dapr := (first .).Values.dapr -}}
{{- $app := last . -}}
dapr.io/enabled: "true"
dapr.io/app-id: {{ $app.id }}
dapr.io/app-port: "8080"
dapr.io/app-protocol: http
dapr.io/config: agents
dapr.io/api-token-secret: {{ $dapr.apiTokenSecret }}
dapr.io/app-token-secret: {{ $dapr.appTokenSecret }}
dapr.io/graceful-shutdown-seconds: "5"
{{- if $dapr.nativeSidecar }}
dapr.io/enable-native-sidecar: "true"
dapr.io/enable-app-health-check: "true"
dapr.io/app-health-check-path: /health/live
dapr.io/app-health-probe-interval: "1"
dapr.io/app-health-probe-timeout: "1000"
dapr.io/app-health-threshold: "3"
{{- else }}
dapr.io/enable-native-sidecar: "false"
dapr.io/block-shutdown-duration: {{ printf "%ds" (add $app.preStopSeconds $app.drainSeconds) | quote }}
{{- end }}
dapr.io/disable-builtin-k8s-secret-store: "true"
dapr.io/sidecar-seccomp-profile-type: RuntimeDefault
dapr.io/log-as-json: "true"
dapr.io/log-level: {{ $dapr.logLevel }}
dapr.io/max-body-size: {{ $dapr.maxBodySize }}
dapr.io/sidecar-cpu-request: {{ $dapr.resources.cpuRequest | quote }}
dapr.io/sidecar-memory-request: {{ $dapr.resources.memoryRequest | quote }}
dapr.io/sidecar-memory-limit: {{ $dapr.resources.memoryLimit | quote }}
dapr.io/env: {{ printf "AGENTS_SLOTS=%v" $app.slots | quote }}
{{- end -}}
