//! Field numbers of `apps/v1` and `batch/v1`, from the official `generated.proto`.

use super::Message;
use super::Shape::{Each, Flag, Int, IntOrText, One, Text, Time};
use super::core::{OBJECT_REFERENCE, POD_TEMPLATE_SPEC};
use super::meta::{LABEL_SELECTOR, OBJECT_META};

pub(super) static DEPLOYMENT: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&DEPLOYMENT_SPEC)),
    ("status", 3, One(&DEPLOYMENT_STATUS)),
]);

pub(super) static DEPLOYMENT_SPEC: Message = Message(&[
    ("replicas", 1, Int),
    ("selector", 2, One(&LABEL_SELECTOR)),
    ("template", 3, One(&POD_TEMPLATE_SPEC)),
    ("strategy", 4, One(&DEPLOYMENT_STRATEGY)),
    ("minReadySeconds", 5, Int),
    ("revisionHistoryLimit", 6, Int),
    ("paused", 7, Flag),
    ("progressDeadlineSeconds", 9, Int),
]);

pub(super) static DEPLOYMENT_STRATEGY: Message =
    Message(&[("type", 1, Text), ("rollingUpdate", 2, One(&ROLLING_UPDATE_DEPLOYMENT))]);

pub(super) static ROLLING_UPDATE_DEPLOYMENT: Message =
    Message(&[("maxUnavailable", 1, IntOrText), ("maxSurge", 2, IntOrText)]);

pub(super) static DEPLOYMENT_STATUS: Message = Message(&[
    ("observedGeneration", 1, Int),
    ("replicas", 2, Int),
    ("updatedReplicas", 3, Int),
    ("readyReplicas", 7, Int),
    ("availableReplicas", 4, Int),
    ("unavailableReplicas", 5, Int),
    ("terminatingReplicas", 9, Int),
    ("conditions", 6, Each(&DEPLOYMENT_CONDITION)),
    ("collisionCount", 8, Int),
]);

pub(super) static DEPLOYMENT_CONDITION: Message = Message(&[
    ("type", 1, Text),
    ("status", 2, Text),
    ("lastUpdateTime", 6, Time),
    ("lastTransitionTime", 7, Time),
    ("reason", 4, Text),
    ("message", 5, Text),
]);

pub(super) static REPLICA_SET: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&REPLICA_SET_SPEC)),
    ("status", 3, One(&REPLICA_SET_STATUS)),
]);

pub(super) static REPLICA_SET_SPEC: Message = Message(&[
    ("replicas", 1, Int),
    ("minReadySeconds", 4, Int),
    ("selector", 2, One(&LABEL_SELECTOR)),
    ("template", 3, One(&POD_TEMPLATE_SPEC)),
]);

pub(super) static REPLICA_SET_STATUS: Message = Message(&[
    ("replicas", 1, Int),
    ("fullyLabeledReplicas", 2, Int),
    ("readyReplicas", 4, Int),
    ("availableReplicas", 5, Int),
    ("terminatingReplicas", 7, Int),
    ("observedGeneration", 3, Int),
    ("conditions", 6, Each(&REPLICA_SET_CONDITION)),
]);

pub(super) static REPLICA_SET_CONDITION: Message = Message(&[
    ("type", 1, Text),
    ("status", 2, Text),
    ("lastTransitionTime", 3, Time),
    ("reason", 4, Text),
    ("message", 5, Text),
]);

pub(super) static STATEFUL_SET: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&STATEFUL_SET_SPEC)),
    ("status", 3, One(&STATEFUL_SET_STATUS)),
]);

pub(super) static STATEFUL_SET_SPEC: Message = Message(&[
    ("replicas", 1, Int),
    ("selector", 2, One(&LABEL_SELECTOR)),
    ("template", 3, One(&POD_TEMPLATE_SPEC)),
    ("serviceName", 5, Text),
    ("podManagementPolicy", 6, Text),
    ("updateStrategy", 7, One(&STATEFUL_SET_UPDATE_STRATEGY)),
    ("revisionHistoryLimit", 8, Int),
    ("minReadySeconds", 9, Int),
]);

pub(super) static STATEFUL_SET_UPDATE_STRATEGY: Message =
    Message(&[("type", 1, Text), ("rollingUpdate", 2, One(&ROLLING_UPDATE_STATEFUL_SET_STRATEGY))]);

pub(super) static ROLLING_UPDATE_STATEFUL_SET_STRATEGY: Message =
    Message(&[("partition", 1, Int), ("maxUnavailable", 2, IntOrText)]);

pub(super) static STATEFUL_SET_STATUS: Message = Message(&[
    ("observedGeneration", 1, Int),
    ("replicas", 2, Int),
    ("readyReplicas", 3, Int),
    ("currentReplicas", 4, Int),
    ("updatedReplicas", 5, Int),
    ("currentRevision", 6, Text),
    ("updateRevision", 7, Text),
    ("collisionCount", 9, Int),
    ("availableReplicas", 11, Int),
]);

pub(super) static DAEMON_SET: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&DAEMON_SET_SPEC)),
    ("status", 3, One(&DAEMON_SET_STATUS)),
]);

pub(super) static DAEMON_SET_SPEC: Message = Message(&[
    ("selector", 1, One(&LABEL_SELECTOR)),
    ("template", 2, One(&POD_TEMPLATE_SPEC)),
    ("updateStrategy", 3, One(&DAEMON_SET_UPDATE_STRATEGY)),
    ("minReadySeconds", 4, Int),
    ("revisionHistoryLimit", 6, Int),
]);

pub(super) static DAEMON_SET_UPDATE_STRATEGY: Message =
    Message(&[("type", 1, Text), ("rollingUpdate", 2, One(&ROLLING_UPDATE_DAEMON_SET))]);

pub(super) static ROLLING_UPDATE_DAEMON_SET: Message =
    Message(&[("maxUnavailable", 1, IntOrText), ("maxSurge", 2, IntOrText)]);

pub(super) static DAEMON_SET_STATUS: Message = Message(&[
    ("currentNumberScheduled", 1, Int),
    ("numberMisscheduled", 2, Int),
    ("desiredNumberScheduled", 3, Int),
    ("numberReady", 4, Int),
    ("observedGeneration", 5, Int),
    ("updatedNumberScheduled", 6, Int),
    ("numberAvailable", 7, Int),
    ("numberUnavailable", 8, Int),
    ("collisionCount", 9, Int),
]);

pub(super) static JOB: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&JOB_SPEC)),
    ("status", 3, One(&JOB_STATUS)),
]);

pub(super) static JOB_SPEC: Message = Message(&[
    ("parallelism", 1, Int),
    ("completions", 2, Int),
    ("activeDeadlineSeconds", 3, Int),
    ("backoffLimit", 7, Int),
    ("backoffLimitPerIndex", 12, Int),
    ("maxFailedIndexes", 13, Int),
    ("selector", 4, One(&LABEL_SELECTOR)),
    ("manualSelector", 5, Flag),
    ("template", 6, One(&POD_TEMPLATE_SPEC)),
    ("ttlSecondsAfterFinished", 8, Int),
    ("completionMode", 9, Text),
    ("suspend", 10, Flag),
    ("podReplacementPolicy", 14, Text),
    ("managedBy", 15, Text),
]);

pub(super) static JOB_STATUS: Message = Message(&[
    ("conditions", 1, Each(&JOB_CONDITION)),
    ("startTime", 2, Time),
    ("completionTime", 3, Time),
    ("active", 4, Int),
    ("succeeded", 5, Int),
    ("failed", 6, Int),
    ("terminating", 11, Int),
    ("completedIndexes", 7, Text),
    ("failedIndexes", 10, Text),
    ("ready", 9, Int),
]);

pub(super) static JOB_CONDITION: Message = Message(&[
    ("type", 1, Text),
    ("status", 2, Text),
    ("lastProbeTime", 3, Time),
    ("lastTransitionTime", 4, Time),
    ("reason", 5, Text),
    ("message", 6, Text),
]);

pub(super) static JOB_TEMPLATE_SPEC: Message =
    Message(&[("metadata", 1, One(&OBJECT_META)), ("spec", 2, One(&JOB_SPEC))]);

pub(super) static CRON_JOB: Message = Message(&[
    ("metadata", 1, One(&OBJECT_META)),
    ("spec", 2, One(&CRON_JOB_SPEC)),
    ("status", 3, One(&CRON_JOB_STATUS)),
]);

pub(super) static CRON_JOB_SPEC: Message = Message(&[
    ("schedule", 1, Text),
    ("timeZone", 8, Text),
    ("startingDeadlineSeconds", 2, Int),
    ("concurrencyPolicy", 3, Text),
    ("suspend", 4, Flag),
    ("jobTemplate", 5, One(&JOB_TEMPLATE_SPEC)),
    ("successfulJobsHistoryLimit", 6, Int),
    ("failedJobsHistoryLimit", 7, Int),
]);

pub(super) static CRON_JOB_STATUS: Message = Message(&[
    ("active", 1, Each(&OBJECT_REFERENCE)),
    ("lastScheduleTime", 4, Time),
    ("lastSuccessfulTime", 5, Time),
]);
