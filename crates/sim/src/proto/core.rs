//! Field numbers of `v1`, from the official `generated.proto`.

use super::Message;
use super::Shape::{
    BytesMap, Each, Flag, Inline, Int, IntOrText, One, QuantityMap, Text, TextMap, Texts, Time,
};
use super::meta::{CONDITION, OBJECT_META};

pub(super) static NAMESPACE: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&NAMESPACE_SPEC)),
    ("status", 3, One(&NAMESPACE_STATUS)),
]);

pub(super) static NAMESPACE_SPEC: Message = Message(&[("finalizers", 1, Texts)]);

pub(super) static NAMESPACE_STATUS: Message = Message(&[("phase", 1, Text)]);

pub(super) static POD: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&POD_SPEC)),
    ("status", 3, One(&POD_STATUS)),
]);

pub(super) static POD_SPEC: Message = Message(&[
    ("volumes", 1, Each(&VOLUME)),
    ("initContainers", 20, Each(&CONTAINER)),
    ("containers", 2, Each(&CONTAINER)),
    ("restartPolicy", 3, Text),
    ("terminationGracePeriodSeconds", 4, Int),
    ("activeDeadlineSeconds", 5, Int),
    ("dnsPolicy", 6, Text),
    ("nodeSelector", 7, TextMap),
    ("serviceAccountName", 8, Text),
    ("serviceAccount", 9, Text),
    ("automountServiceAccountToken", 21, Flag),
    ("nodeName", 10, Text),
    ("hostNetwork", 11, Flag),
    ("hostPID", 12, Flag),
    ("hostIPC", 13, Flag),
    ("shareProcessNamespace", 27, Flag),
    ("hostname", 16, Text),
    ("subdomain", 17, Text),
    ("affinity", 18, One(&AFFINITY)),
    ("schedulerName", 19, Text),
    ("tolerations", 22, Each(&TOLERATION)),
    ("priorityClassName", 24, Text),
    ("priority", 25, Int),
    ("runtimeClassName", 29, Text),
    ("enableServiceLinks", 30, Flag),
    ("preemptionPolicy", 31, Text),
    ("overhead", 32, QuantityMap),
    ("setHostnameAsFQDN", 35, Flag),
    ("hostUsers", 37, Flag),
    ("resources", 40, One(&RESOURCE_REQUIREMENTS)),
    ("hostnameOverride", 41, Text),
]);

pub(super) static POD_STATUS: Message = Message(&[
    ("observedGeneration", 17, Int),
    ("phase", 1, Text),
    ("conditions", 2, Each(&POD_CONDITION)),
    ("message", 3, Text),
    ("reason", 4, Text),
    ("nominatedNodeName", 11, Text),
    ("hostIP", 5, Text),
    ("podIP", 6, Text),
    ("podIPs", 12, Each(&POD_IP)),
    ("startTime", 7, Time),
    ("initContainerStatuses", 10, Each(&CONTAINER_STATUS)),
    ("containerStatuses", 8, Each(&CONTAINER_STATUS)),
    ("qosClass", 9, Text),
    ("ephemeralContainerStatuses", 13, Each(&CONTAINER_STATUS)),
    ("resize", 14, Text),
]);

pub(super) static POD_CONDITION: Message = Message(&[
    ("type", 1, Text),
    ("observedGeneration", 7, Int),
    ("status", 2, Text),
    ("lastProbeTime", 3, Time),
    ("lastTransitionTime", 4, Time),
    ("reason", 5, Text),
    ("message", 6, Text),
]);

pub(super) static POD_IP: Message = Message(&[("ip", 1, Text)]);

pub(super) static POD_TEMPLATE_SPEC: Message =
    Message(&[("metadata", 1, One(&OBJECT_META)), ("spec", 2, One(&POD_SPEC))]);

pub(super) static CONTAINER: Message = Message(&[
    ("name", 1, Text),
    ("image", 2, Text),
    ("command", 3, Texts),
    ("args", 4, Texts),
    ("workingDir", 5, Text),
    ("ports", 6, Each(&CONTAINER_PORT)),
    ("env", 7, Each(&ENV_VAR)),
    ("resources", 8, One(&RESOURCE_REQUIREMENTS)),
    ("restartPolicy", 24, Text),
    ("volumeMounts", 9, Each(&VOLUME_MOUNT)),
    ("livenessProbe", 10, One(&PROBE)),
    ("readinessProbe", 11, One(&PROBE)),
    ("startupProbe", 22, One(&PROBE)),
    ("terminationMessagePath", 13, Text),
    ("terminationMessagePolicy", 20, Text),
    ("imagePullPolicy", 14, Text),
    ("stdin", 16, Flag),
    ("stdinOnce", 17, Flag),
    ("tty", 18, Flag),
]);

pub(super) static CONTAINER_PORT: Message = Message(&[
    ("name", 1, Text),
    ("hostPort", 2, Int),
    ("containerPort", 3, Int),
    ("protocol", 4, Text),
    ("hostIP", 5, Text),
]);

pub(super) static CONTAINER_STATUS: Message = Message(&[
    ("name", 1, Text),
    ("state", 2, One(&CONTAINER_STATE)),
    ("lastState", 3, One(&CONTAINER_STATE)),
    ("ready", 4, Flag),
    ("restartCount", 5, Int),
    ("image", 6, Text),
    ("imageID", 7, Text),
    ("containerID", 8, Text),
    ("started", 9, Flag),
    ("allocatedResources", 10, QuantityMap),
    ("resources", 11, One(&RESOURCE_REQUIREMENTS)),
    ("stopSignal", 15, Text),
]);

pub(super) static CONTAINER_STATE: Message = Message(&[
    ("waiting", 1, One(&CONTAINER_STATE_WAITING)),
    ("running", 2, One(&CONTAINER_STATE_RUNNING)),
    ("terminated", 3, One(&CONTAINER_STATE_TERMINATED)),
]);

pub(super) static CONTAINER_STATE_WAITING: Message =
    Message(&[("reason", 1, Text), ("message", 2, Text)]);

pub(super) static CONTAINER_STATE_RUNNING: Message = Message(&[("startedAt", 1, Time)]);

pub(super) static CONTAINER_STATE_TERMINATED: Message = Message(&[
    ("exitCode", 1, Int),
    ("signal", 2, Int),
    ("reason", 3, Text),
    ("message", 4, Text),
    ("startedAt", 5, Time),
    ("finishedAt", 6, Time),
    ("containerID", 7, Text),
]);

pub(super) static ENV_VAR: Message =
    Message(&[("name", 1, Text), ("value", 2, Text), ("valueFrom", 3, One(&ENV_VAR_SOURCE))]);

pub(super) static ENV_VAR_SOURCE: Message =
    Message(&[("fieldRef", 1, One(&OBJECT_FIELD_SELECTOR))]);

pub(super) static OBJECT_FIELD_SELECTOR: Message =
    Message(&[("apiVersion", 1, Text), ("fieldPath", 2, Text)]);

pub(super) static RESOURCE_REQUIREMENTS: Message =
    Message(&[("limits", 1, QuantityMap), ("requests", 2, QuantityMap)]);

pub(super) static PROBE: Message = Message(&[
    ("handler", 1, Inline(&PROBE_HANDLER)),
    ("initialDelaySeconds", 2, Int),
    ("timeoutSeconds", 3, Int),
    ("periodSeconds", 4, Int),
    ("successThreshold", 5, Int),
    ("failureThreshold", 6, Int),
    ("terminationGracePeriodSeconds", 7, Int),
]);

pub(super) static PROBE_HANDLER: Message = Message(&[("httpGet", 2, One(&HTTPGET_ACTION))]);

pub(super) static HTTPGET_ACTION: Message =
    Message(&[("path", 1, Text), ("port", 2, IntOrText), ("host", 3, Text), ("scheme", 4, Text)]);

pub(super) static TOLERATION: Message = Message(&[
    ("key", 1, Text),
    ("operator", 2, Text),
    ("value", 3, Text),
    ("effect", 4, Text),
    ("tolerationSeconds", 5, Int),
]);

pub(super) static VOLUME: Message =
    Message(&[("name", 1, Text), ("volumeSource", 2, Inline(&VOLUME_SOURCE))]);

pub(super) static VOLUME_SOURCE: Message =
    Message(&[("emptyDir", 2, One(&EMPTY_DIR_VOLUME_SOURCE))]);

pub(super) static EMPTY_DIR_VOLUME_SOURCE: Message = Message(&[("medium", 1, Text)]);

pub(super) static VOLUME_MOUNT: Message = Message(&[
    ("name", 1, Text),
    ("readOnly", 2, Flag),
    ("recursiveReadOnly", 7, Text),
    ("mountPath", 3, Text),
    ("subPath", 4, Text),
    ("mountPropagation", 5, Text),
    ("subPathExpr", 6, Text),
]);

pub(super) static AFFINITY: Message = Message(&[("nodeAffinity", 1, One(&NODE_AFFINITY))]);

pub(super) static NODE_AFFINITY: Message =
    Message(&[("requiredDuringSchedulingIgnoredDuringExecution", 1, One(&NODE_SELECTOR))]);

pub(super) static NODE_SELECTOR: Message =
    Message(&[("nodeSelectorTerms", 1, Each(&NODE_SELECTOR_TERM))]);

pub(super) static NODE_SELECTOR_TERM: Message = Message(&[
    ("matchExpressions", 1, Each(&NODE_SELECTOR_REQUIREMENT)),
    ("matchFields", 2, Each(&NODE_SELECTOR_REQUIREMENT)),
]);

pub(super) static NODE_SELECTOR_REQUIREMENT: Message =
    Message(&[("key", 1, Text), ("operator", 2, Text), ("values", 3, Texts)]);

pub(super) static CONFIG_MAP: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("immutable", 4, Flag),
    ("data", 2, TextMap),
    ("binaryData", 3, BytesMap),
]);

pub(super) static SERVICE: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&SERVICE_SPEC)),
    ("status", 3, One(&SERVICE_STATUS)),
]);

pub(super) static SERVICE_SPEC: Message = Message(&[
    ("ports", 1, Each(&SERVICE_PORT)),
    ("selector", 2, TextMap),
    ("clusterIP", 3, Text),
    ("clusterIPs", 18, Texts),
    ("type", 4, Text),
    ("externalIPs", 5, Texts),
    ("sessionAffinity", 7, Text),
    ("loadBalancerIP", 8, Text),
    ("loadBalancerSourceRanges", 9, Texts),
    ("externalName", 10, Text),
    ("externalTrafficPolicy", 11, Text),
    ("healthCheckNodePort", 12, Int),
    ("publishNotReadyAddresses", 13, Flag),
    ("ipFamilies", 19, Texts),
    ("ipFamilyPolicy", 17, Text),
    ("allocateLoadBalancerNodePorts", 20, Flag),
    ("loadBalancerClass", 21, Text),
    ("internalTrafficPolicy", 22, Text),
    ("trafficDistribution", 23, Text),
]);

pub(super) static SERVICE_STATUS: Message = Message(&[("conditions", 2, Each(&CONDITION))]);

pub(super) static SERVICE_PORT: Message = Message(&[
    ("name", 1, Text),
    ("protocol", 2, Text),
    ("appProtocol", 6, Text),
    ("port", 3, Int),
    ("targetPort", 4, IntOrText),
    ("nodePort", 5, Int),
]);

pub(super) static OBJECT_REFERENCE: Message = Message(&[
    ("kind", 1, Text),
    ("namespace", 2, Text),
    ("name", 3, Text),
    ("uid", 4, Text),
    ("apiVersion", 5, Text),
    ("resourceVersion", 6, Text),
    ("fieldPath", 7, Text),
]);
