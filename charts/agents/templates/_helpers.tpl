{{- define "agents.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- default (ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name)) .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels that never change: what selectors select. */}}
{{- define "agents.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Call with a list: the root context and the component, such as an app id. */}}
{{- define "agents.labels" -}}
{{- $root := first . -}}
{{ include "agents.selectorLabels" $root }}
app.kubernetes.io/component: {{ last . }}
app.kubernetes.io/part-of: agents
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Name, namespace, annotations and labels, in this order, so that more labels can follow. Call with a list: the root context, the name,
the component, and perhaps annotations.
*/}}
{{- define "agents.metadata" -}}
{{- $root := index . 0 -}}
{{- $annotations := merge (dict) (gt (len .) 3 | ternary (last .) dict) $root.Values.commonAnnotations -}}
name: {{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
labels:
  {{- include "agents.labels" (list $root (index . 2)) | nindent 2 }}
{{- end -}}

{{/* Selects the pods of one app. Call with a list: the root context and the app id. */}}
{{- define "agents.selector" -}}
{{ include "agents.selectorLabels" (first .) }}
app.kubernetes.io/component: {{ last . }}
{{- end -}}

{{/* Call with a list: the root context and the service. */}}
{{- define "agents.image" -}}
{{- $root := first . -}}
{{- $image := $root.Values.image -}}
{{- $name := printf "%s/%s/%s" (default $image.registry $root.Values.global.imageRegistry) $image.repository (last .) -}}
{{- with index $image.digests (last .) -}}
{{ $name }}@{{ . }}
{{- else -}}
{{ $name }}:{{ default $root.Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- define "agents.serviceAccountName" -}}
{{- $root := first . -}}
{{- $app := last . -}}
{{- if $app.serviceAccount.create -}}
{{- default (printf "%s-%s" (include "agents.fullname" $root) $app.id) $app.serviceAccount.name -}}
{{- else -}}
{{- default "default" $app.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The restricted pod security standard. */}}
{{- define "agents.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 1654
runAsGroup: 1654
fsGroup: 1654
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "agents.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}
