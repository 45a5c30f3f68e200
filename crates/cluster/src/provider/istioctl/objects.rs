//! The list by which a revision is retired: exactly what belongs to it alone, by name and UID.
//!
//! Entry point: [`objects_of`]. An object is on it if its labels say that it belongs to this
//! revision's `Pilot`, *and* it bears the name that Istio's charts give it in this revision and this
//! namespace. Two leases are on it by name alone: istiod makes them and gives them no label. Never on
//! it: gateways, CNI, ztunnel, CRDs and everything else of `Base`, tags and
//! `istiod-default-validator` whatever they name, the mesh's CA, and anything a user made.

use meshlift_core::inventory::{DEFAULT_REVISION, Name, REVISION_LABEL, TAG_LABEL};
use meshlift_core::rollout::ObjectRef;

use super::compare::{COMPONENT, Live};
use super::live;
use crate::actuate::{objects, raw};
use crate::calls::CallError;
use crate::connection::Connection;

/// Elections that istiod holds once per revision (istio/istio, `pilot/pkg/bootstrap/configcontroller.go`).
const ELECTIONS: [&str; 2] = ["istio-gateway-deployment", "istio-gateway-status-leader"];

/// The objects of a revision with their UIDs, in the order in which they must go: injector and
/// validator first, then what runs and the leases that it lets go, its Service last. `default` names
/// an install without a revision.
pub async fn objects_of(
    connection: &Connection,
    revision: &str,
) -> Result<Vec<(ObjectRef, Name)>, CallError> {
    let selector = format!("{REVISION_LABEL}={revision},{COMPONENT}=Pilot,!{TAG_LABEL}");
    let live = live::labelled(connection, &selector).await?;
    let namespace = namespace_of(&live, revision);
    let own = live.into_iter().filter(|one| belongs(one, revision, &namespace));
    let mut objects: Vec<_> = own.map(|one| (one.object, one.uid)).collect();
    let runs = objects.iter().rposition(|(object, _)| &*object.kind == "Deployment");
    let mut place = runs.map_or(0, |runs| runs + 1);
    for election in ELECTIONS {
        if let Some(lease) = lease(connection, election, revision, &namespace).await? {
            objects.insert(place, lease);
            place += 1;
        }
    }
    Ok(objects)
}

async fn lease(
    connection: &Connection,
    election: &str,
    revision: &str,
    namespace: &Name,
) -> Result<Option<(ObjectRef, Name)>, CallError> {
    let object = ObjectRef {
        api_version: "coordination.k8s.io/v1".into(),
        kind: "Lease".into(),
        resource: "leases".into(),
        namespace: Some(namespace.clone()),
        name: format!("{election}-{revision}").into(),
    };
    let found = raw::find(connection, &objects::path(&object)).await?;
    let uid = found.as_ref().and_then(|found| objects::meta(found, "uid")).map(Name::from);
    Ok(uid.map(|uid| (object, uid)))
}

/// Where the revision runs, told by its istiod, or by what an interrupted retirement left of it.
fn namespace_of(live: &[Live], revision: &str) -> Name {
    let name = format!("istiod{}", suffix(revision));
    let mut own = live.iter().filter(|one| *one.object.name == name);
    let found = own.find_map(|one| one.object.namespace.clone());
    found.unwrap_or_else(|| "istio-system".into())
}

/// Whether an object bears a name that the charts give to this revision's own objects.
fn belongs(one: &Live, revision: &str, namespace: &str) -> bool {
    let object = &one.object;
    if object.namespace.as_deref().is_some_and(|found| found != namespace) {
        return false;
    }
    let suffix = suffix(revision);
    let own = |names: &[&str]| names.iter().any(|name| *object.name == format!("{name}{suffix}"));
    let in_cluster = |names: &[&str]| {
        names.iter().any(|name| *object.name == format!("{name}{suffix}-{namespace}"))
    };
    match &*object.kind {
        "MutatingWebhookConfiguration" => {
            let elsewhere = namespace != "istio-system";
            let name = &["istio-sidecar-injector"];
            if elsewhere { in_cluster(name) } else { own(name) }
        }
        "ValidatingWebhookConfiguration" => in_cluster(&["istio-validator"]),
        "ClusterRole" | "ClusterRoleBinding" => in_cluster(&[
            "istiod-clusterrole",
            "istiod-gateway-controller",
            "istio-reader-clusterrole",
        ]),
        "ConfigMap" => {
            let classes = format!("istio-{revision}-gatewayclass-");
            own(&["istio", "istio-sidecar-injector", "values", "pilot-jwks-extra-cacerts"])
                || object.name.starts_with(&classes)
        }
        "Deployment"
        | "Service"
        | "ServiceAccount"
        | "Role"
        | "RoleBinding"
        | "HorizontalPodAutoscaler"
        | "PodDisruptionBudget"
        | "NetworkPolicy" => own(&["istiod"]),
        _ => false,
    }
}

/// What the charts put behind the names of a revision's objects.
fn suffix(revision: &str) -> String {
    match revision {
        DEFAULT_REVISION => String::new(),
        other => format!("-{other}"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::istiod("Deployment", Some("istio-system"), "istiod-1-30", true)]
    #[case::its_service("Service", Some("istio-system"), "istiod-1-30", true)]
    #[case::its_values("ConfigMap", Some("istio-system"), "values-1-30", true)]
    #[case::its_injector("MutatingWebhookConfiguration", None, "istio-sidecar-injector-1-30", true)]
    #[case::its_validator(
        "ValidatingWebhookConfiguration",
        None,
        "istio-validator-1-30-istio-system",
        true
    )]
    #[case::its_role("ClusterRole", None, "istiod-clusterrole-1-30-istio-system", true)]
    #[case::gateway("Deployment", Some("istio-system"), "istio-ingressgateway", false)]
    #[case::node_agent("DaemonSet", Some("istio-system"), "istio-cni-node", false)]
    #[case::tag("MutatingWebhookConfiguration", None, "istio-revision-tag-default", false)]
    #[case::default_validator(
        "ValidatingWebhookConfiguration",
        None,
        "istiod-default-validator",
        false
    )]
    #[case::without_revision("Deployment", Some("istio-system"), "istiod", false)]
    #[case::longer_revision("Deployment", Some("istio-system"), "istiod-1-30-5", false)]
    #[case::another_namespace("Deployment", Some("shop"), "istiod-1-30", false)]
    #[case::made_by_a_user("ConfigMap", Some("istio-system"), "dashboards", false)]
    fn knows_what_belongs_to_a_revision_alone(
        #[case] kind: &str,
        #[case] namespace: Option<&str>,
        #[case] name: &str,
        #[case] expected: bool,
    ) {
        let one = Live {
            object: ObjectRef {
                api_version: "v1".into(),
                kind: kind.into(),
                resource: "any".into(),
                namespace: namespace.map(Into::into),
                name: name.into(),
            },
            uid: "uid".into(),
            labels: std::collections::BTreeMap::default(),
        };
        assert_eq!(belongs(&one, "1-30", "istio-system"), expected, "{kind} {name}");
    }
}
