//! Field numbers of object metadata, selectors, conditions and `Status`, from the official `generated.proto`.

use super::Message;
use super::Shape::{Each, Flag, Int, One, Text, TextMap, Texts, Time};

pub(super) static OBJECT_META: Message = Message(&[
    ("name", 1, Text),
    ("generateName", 2, Text),
    ("namespace", 3, Text),
    ("uid", 5, Text),
    ("resourceVersion", 6, Text),
    ("generation", 7, Int),
    ("creationTimestamp", 8, Time),
    ("deletionTimestamp", 9, Time),
    ("deletionGracePeriodSeconds", 10, Int),
    ("labels", 11, TextMap),
    ("annotations", 12, TextMap),
    ("ownerReferences", 13, Each(&OWNER_REFERENCE)),
    ("finalizers", 14, Texts),
]);

pub(super) static OWNER_REFERENCE: Message = Message(&[
    ("apiVersion", 5, Text),
    ("kind", 1, Text),
    ("name", 3, Text),
    ("uid", 4, Text),
    ("controller", 6, Flag),
    ("blockOwnerDeletion", 7, Flag),
]);

pub(super) static LIST_META: Message = Message(&[
    ("selfLink", 1, Text),
    ("resourceVersion", 2, Text),
    ("continue", 3, Text),
    ("remainingItemCount", 4, Int),
]);

pub(super) static LABEL_SELECTOR: Message = Message(&[
    ("matchLabels", 1, TextMap),
    ("matchExpressions", 2, Each(&LABEL_SELECTOR_REQUIREMENT)),
]);

pub(super) static LABEL_SELECTOR_REQUIREMENT: Message =
    Message(&[("key", 1, Text), ("operator", 2, Text), ("values", 3, Texts)]);

pub(super) static CONDITION: Message = Message(&[
    ("type", 1, Text),
    ("status", 2, Text),
    ("observedGeneration", 3, Int),
    ("lastTransitionTime", 4, Time),
    ("reason", 5, Text),
    ("message", 6, Text),
]);

pub(super) static STATUS: Message = Message(&[
    ("metadata", 1, One(&LIST_META)),
    ("status", 2, Text),
    ("message", 3, Text),
    ("reason", 4, Text),
    ("details", 5, One(&STATUS_DETAILS)),
    ("code", 6, Int),
]);

pub(super) static STATUS_DETAILS: Message = Message(&[
    ("name", 1, Text),
    ("group", 2, Text),
    ("kind", 3, Text),
    ("uid", 6, Text),
    ("causes", 4, Each(&STATUS_CAUSE)),
    ("retryAfterSeconds", 5, Int),
]);

pub(super) static STATUS_CAUSE: Message =
    Message(&[("reason", 1, Text), ("message", 2, Text), ("field", 3, Text)]);
