//! The Lease as it lies on the API server: who holds it, since when, and what they do.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use meshlift_core::inventory::Name;
use meshlift_core::inventory::evidence::HeldLease;
use meshlift_core::rollout::ObjectRef;
use serde_json::{Map, Value, json};

use super::DURATION;
use crate::actuate::objects;

const NAME: &str = "meshlift";
const ANNOTATION_RUN: &str = "meshlift.dev/run";
const ANNOTATION_OPERATION: &str = "meshlift.dev/operation";
const ANNOTATION_CLUSTER: &str = "meshlift.dev/cluster";
const ANNOTATION_STATE: &str = "meshlift.dev/state";

/// What the holder does, for others to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marker {
    /// Id of the run.
    pub run: String,
    /// Which operation it is.
    pub operation: String,
    /// UID of the cluster that the run belongs to.
    pub cluster: String,
    /// Where the run is, in few words.
    pub state: String,
}

/// A lease as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Who holds it, as `user@host/uuid`; none when it was released.
    pub holder: Option<String>,
    /// What they do.
    pub marker: Marker,
    /// When they renewed it last, by their clock. Only ever compared with itself.
    pub renewed: Option<String>,
    /// The object, to be written over only if it is still the same.
    pub(super) object: Value,
}

/// The lease as it is written.
pub(super) fn lease(
    namespace: &str,
    holder: &str,
    marker: &Marker,
    from: Option<Value>,
    now: Timestamp,
) -> Value {
    let mut made = from.unwrap_or_else(|| {
        json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": { "name": NAME, "namespace": namespace },
            "spec": { "leaseTransitions": 0 },
        })
    });
    if let Some(annotations) = objects::meta_map(&mut made, "annotations") {
        marker.write(annotations);
    }
    if let Some(spec) = made.get_mut("spec").and_then(Value::as_object_mut) {
        let now = Value::from(micro_time(now));
        let before = spec.get("holderIdentity").and_then(Value::as_str).unwrap_or_default();
        if before != holder {
            let transitions = spec.get("leaseTransitions").and_then(Value::as_i64);
            spec.insert("leaseTransitions".to_owned(), (transitions.unwrap_or(0) + 1).into());
            spec.insert("acquireTime".to_owned(), now.clone());
        }
        spec.insert("holderIdentity".to_owned(), holder.into());
        spec.insert("leaseDurationSeconds".to_owned(), DURATION.as_secs().into());
        spec.insert("renewTime".to_owned(), now);
    }
    made
}

impl Observed {
    /// What a lease object says.
    pub(crate) fn of(object: Value) -> Self {
        let spec = |field: &str| object.get("spec")?.get(field)?.as_str().map(str::to_owned);
        Self {
            holder: spec("holderIdentity").filter(|holder| !holder.is_empty()),
            renewed: spec("renewTime"),
            marker: Marker::read(&object),
            object,
        }
    }
}

impl Observed {
    /// Who holds it, and until when by their own clock; none when nobody does.
    pub(crate) fn held(&self) -> Option<HeldLease> {
        let renewed: Timestamp = self.renewed.as_ref()?.parse().ok()?;
        Some(HeldLease {
            holder: self.holder.as_deref()?.into(),
            renewed: renewed.as_second(),
            lasts: i64::try_from(DURATION.as_secs()).unwrap_or(i64::MAX),
        })
    }
}

impl Marker {
    fn read(object: &Value) -> Self {
        let text = |key| objects::annotation(object, key).unwrap_or_default().to_owned();
        Self {
            run: text(ANNOTATION_RUN),
            operation: text(ANNOTATION_OPERATION),
            cluster: text(ANNOTATION_CLUSTER),
            state: text(ANNOTATION_STATE),
        }
    }

    fn write(&self, into: &mut Map<String, Value>) {
        into.insert(ANNOTATION_RUN.to_owned(), self.run.as_str().into());
        into.insert(ANNOTATION_OPERATION.to_owned(), self.operation.as_str().into());
        into.insert(ANNOTATION_CLUSTER.to_owned(), self.cluster.as_str().into());
        into.insert(ANNOTATION_STATE.to_owned(), self.state.as_str().into());
    }
}

/// Where it lies.
pub(super) fn reference(namespace: &str) -> ObjectRef {
    ObjectRef {
        api_version: "coordination.k8s.io/v1".into(),
        kind: "Lease".into(),
        resource: "leases".into(),
        namespace: Some(Name::from(namespace)),
        name: NAME.into(),
    }
}

/// The form in which Kubernetes writes times with microseconds.
fn micro_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_keeps_the_holder_and_counts_no_transition() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let marker = Marker { run: "7".to_owned(), ..Marker::default() };
        let made = lease("istio-system", "ada@desk/1", &marker, None, at(1_700_000_000));
        assert_eq!(made["spec"]["leaseTransitions"], 1);
        assert_eq!(made["spec"]["renewTime"], "2023-11-14T22:13:20.000000Z");
        let renewed =
            lease("istio-system", "ada@desk/1", &marker, Some(made.clone()), at(1_700_000_015));
        assert_eq!(renewed["spec"]["leaseTransitions"], 1);
        assert_eq!(renewed["spec"]["acquireTime"], made["spec"]["acquireTime"]);
        assert_eq!(renewed["spec"]["renewTime"], "2023-11-14T22:13:35.000000Z");
        assert_eq!(renewed["metadata"]["annotations"][ANNOTATION_RUN], "7");
    }
}
