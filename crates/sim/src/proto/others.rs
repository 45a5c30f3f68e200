//! Field numbers of webhooks, budgets, endpoint slices and leases, from the official `generated.proto`.

use super::Message;
use super::Shape::{Bytes, Each, Flag, Inline, Int, IntOrText, One, Text, TextMap, Texts, Time};
use super::core::OBJECT_REFERENCE;
use super::meta::{CONDITION, LABEL_SELECTOR, OBJECT_META};

pub(super) static POD_DISRUPTION_BUDGET: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&POD_DISRUPTION_BUDGET_SPEC)),
    ("status", 3, One(&POD_DISRUPTION_BUDGET_STATUS)),
]);

pub(super) static POD_DISRUPTION_BUDGET_SPEC: Message = Message(&[
    ("minAvailable", 1, IntOrText),
    ("selector", 2, One(&LABEL_SELECTOR)),
    ("maxUnavailable", 3, IntOrText),
    ("unhealthyPodEvictionPolicy", 4, Text),
]);

pub(super) static POD_DISRUPTION_BUDGET_STATUS: Message = Message(&[
    ("observedGeneration", 1, Int),
    ("disruptionsAllowed", 3, Int),
    ("currentHealthy", 4, Int),
    ("desiredHealthy", 5, Int),
    ("expectedPods", 6, Int),
    ("conditions", 7, Each(&CONDITION)),
]);

pub(super) static ENDPOINT_SLICE: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("addressType", 4, Text),
    ("endpoints", 2, Each(&ENDPOINT)),
    ("ports", 3, Each(&ENDPOINT_PORT)),
]);

pub(super) static ENDPOINT: Message = Message(&[
    ("addresses", 1, Texts),
    ("conditions", 2, One(&ENDPOINT_CONDITIONS)),
    ("hostname", 3, Text),
    ("targetRef", 4, One(&OBJECT_REFERENCE)),
    ("deprecatedTopology", 5, TextMap),
    ("nodeName", 6, Text),
    ("zone", 7, Text),
]);

pub(super) static ENDPOINT_CONDITIONS: Message =
    Message(&[("ready", 1, Flag), ("serving", 2, Flag), ("terminating", 3, Flag)]);

pub(super) static ENDPOINT_PORT: Message = Message(&[
    ("name", 1, Text),
    ("protocol", 2, Text),
    ("port", 3, Int),
    ("appProtocol", 4, Text),
]);

pub(super) static MUTATING_WEBHOOK_CONFIGURATION: Message =
    Message(&[("metadata", 1, One(&OBJECT_META)), ("webhooks", 2, Each(&MUTATING_WEBHOOK))]);

pub(super) static MUTATING_WEBHOOK: Message = Message(&[
    ("name", 1, Text),
    ("clientConfig", 2, One(&WEBHOOK_CLIENT_CONFIG)),
    ("rules", 3, Each(&RULE_WITH_OPERATIONS)),
    ("failurePolicy", 4, Text),
    ("matchPolicy", 9, Text),
    ("namespaceSelector", 5, One(&LABEL_SELECTOR)),
    ("objectSelector", 11, One(&LABEL_SELECTOR)),
    ("sideEffects", 6, Text),
    ("timeoutSeconds", 7, Int),
    ("admissionReviewVersions", 8, Texts),
    ("reinvocationPolicy", 10, Text),
]);

pub(super) static VALIDATING_WEBHOOK_CONFIGURATION: Message =
    Message(&[("metadata", 1, One(&OBJECT_META)), ("webhooks", 2, Each(&VALIDATING_WEBHOOK))]);

pub(super) static VALIDATING_WEBHOOK: Message = Message(&[
    ("name", 1, Text),
    ("clientConfig", 2, One(&WEBHOOK_CLIENT_CONFIG)),
    ("rules", 3, Each(&RULE_WITH_OPERATIONS)),
    ("failurePolicy", 4, Text),
    ("matchPolicy", 9, Text),
    ("namespaceSelector", 5, One(&LABEL_SELECTOR)),
    ("objectSelector", 10, One(&LABEL_SELECTOR)),
    ("sideEffects", 6, Text),
    ("timeoutSeconds", 7, Int),
    ("admissionReviewVersions", 8, Texts),
]);

pub(super) static WEBHOOK_CLIENT_CONFIG: Message =
    Message(&[("url", 3, Text), ("service", 1, One(&SERVICE_REFERENCE)), ("caBundle", 2, Bytes)]);

pub(super) static SERVICE_REFERENCE: Message =
    Message(&[("namespace", 1, Text), ("name", 2, Text), ("path", 3, Text), ("port", 4, Int)]);

pub(super) static RULE_WITH_OPERATIONS: Message =
    Message(&[("operations", 1, Texts), ("rule", 2, Inline(&RULE))]);

pub(super) static RULE: Message = Message(&[
    ("apiGroups", 1, Texts),
    ("apiVersions", 2, Texts),
    ("resources", 3, Texts),
    ("scope", 4, Text),
]);

pub(super) static LEASE: Message =
    Message(&[("metadata", 1, One(&OBJECT_META)), ("spec", 2, One(&LEASE_SPEC))]);

pub(super) static LEASE_SPEC: Message = Message(&[
    ("holderIdentity", 1, Text),
    ("leaseDurationSeconds", 2, Int),
    ("acquireTime", 3, Time),
    ("renewTime", 4, Time),
    ("leaseTransitions", 5, Int),
    ("strategy", 6, Text),
    ("preferredHolder", 7, Text),
]);
