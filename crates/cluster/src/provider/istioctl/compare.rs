//! What an install would do to the objects that are there, and what speaks against it.
//!
//! Entry point: [`compare`], a pure function of two renders and the live objects. The prune rule it
//! repeats is istioctl's own (see the head of `istioctl`).

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::inventory::{DEFAULT_REVISION, Name, REVISION_LABEL};
use meshlift_core::rollout::ObjectRef;
use meshlift_core::version::MeshVersion;
use thiserror::Error;

use super::render::Rendered;
use super::values::Difference;

/// A reason not to run an install. Each reads as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Block {
    #[error("{binary} is istioctl {found}, and the step is for {expected}")]
    WrongBinary { binary: String, expected: MeshVersion, found: String },
    #[error("the values file {file} is not the one that was confirmed")]
    ValuesChanged { file: String },
    #[error("the install would remove {object}")]
    WouldRemove { object: ObjectRef },
    #[error("{object} is not in the values: they are not this mesh's own")]
    NotInValues { object: ObjectRef },
    #[error("{object} is in the values and not in the mesh: they are not this mesh's own")]
    NotInMesh { object: ObjectRef },
    #[error("{0}")]
    Value(Difference),
    #[error("no injector is tagged default: the install would make {revision} the default at once")]
    WouldBecomeDefault { revision: Name },
    #[error("the default is {current}: an install without a revision would take it back")]
    WouldTakeDefaultBack { current: Name },
}

/// Labels by which istioctl knows its own objects.
pub(super) const MANAGED: &str = "operator.istio.io/managed";
pub(super) const COMPONENT: &str = "operator.istio.io/component";
const VERSION: &str = "operator.istio.io/version";
const OWNER: &str = "install.operator.istio.io/owning-resource";
const OWNER_NAMESPACE: &str = "install.operator.istio.io/owning-resource-namespace";
const NOT_PRUNED: &str = "install.operator.istio.io/owning-resource-not-pruned";

/// Components that one cluster has once, beside its control planes.
const SHARED: [&str; 4] = ["IngressGateways", "EgressGateways", "Cni", "Ztunnel"];

/// A live object that carries istioctl's labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) object: ObjectRef,
    pub(super) uid: Name,
    pub(super) labels: BTreeMap<String, String>,
}

/// Who installs, as its labels will say.
#[derive(Debug, Clone)]
pub(super) struct Owner<'a> {
    /// Its revision; none for an install without one.
    pub(super) revision: Option<&'a str>,
    /// The binary's version, as the binary writes it.
    pub(super) version: &'a str,
    /// `metadata.name` of the values, if they have one.
    pub(super) name: Option<&'a str>,
    /// `metadata.namespace` of the values, or the profile's.
    pub(super) namespace: &'a str,
    /// Whether the version is part of what it prunes by.
    pub(super) spares_other_versions: bool,
}

/// What [`compare`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// What the install would prune.
    pub(super) removes: Vec<ObjectRef>,
    /// Gateways, CNI and ztunnel that the values and the mesh do not share, and removals.
    pub(super) blocks: Vec<Block>,
}

/// Compares what would be applied, and the whole of what the values render, with the live objects.
pub(super) fn compare(
    applied: &[Rendered],
    whole: &[Rendered],
    live: &[Live],
    owner: &Owner<'_>,
) -> Comparison {
    let applied: BTreeSet<Key<'_>> = applied.iter().map(Key::of_rendered).collect();
    let in_values: BTreeSet<Key<'_>> = whole.iter().map(Key::of_rendered).collect();
    let in_mesh: BTreeSet<Key<'_>> = live.iter().map(Key::of_live).collect();

    let is_removed = |one: &&Live| owner.prunes(one) && !applied.contains(&Key::of_live(one));
    let removes: Vec<ObjectRef> =
        live.iter().filter(is_removed).map(|one| one.object.clone()).collect();

    let would_remove = live
        .iter()
        .filter(is_removed)
        .filter(|one| is_vital(one))
        .map(|one| Block::WouldRemove { object: one.object.clone() });
    let not_in_values = live
        .iter()
        .filter(|one| is_shared(&one.labels) && is_told_by_kind(&one.object.kind))
        .filter(|one| !in_values.contains(&Key::of_live(one)))
        .map(|one| Block::NotInValues { object: one.object.clone() });
    let not_in_mesh = whole
        .iter()
        .filter(|one| is_shared(&one.labels) && is_told_by_kind(&one.kind))
        .filter(|one| !in_mesh.contains(&Key::of_rendered(one)))
        .map(|one| Block::NotInMesh { object: one.reference() });
    let blocks = would_remove.chain(not_in_values).chain(not_in_mesh).collect();
    Comparison { removes, blocks }
}

/// Whether every object was applied by this version for this revision. CRDs keep the labels of their
/// first install, and so say nothing.
pub(super) fn was_applied(applied: &[Rendered], live: &[Live], owner: &Owner<'_>) -> bool {
    let by_owner: BTreeSet<Key<'_>> =
        live.iter().filter(|one| owner.applied(one)).map(Key::of_live).collect();
    applied
        .iter()
        .filter(|one| one.kind != "CustomResourceDefinition" && one.kind != "Namespace")
        .all(|one| by_owner.contains(&Key::of_rendered(one)))
}

impl Owner<'_> {
    /// Whether this install, or one like it, wrote an object last.
    fn applied(&self, live: &Live) -> bool {
        let label = |key: &str| live.labels.get(key).map(String::as_str);
        label(VERSION) == Some(self.version)
            && label(REVISION_LABEL) == Some(self.revision.unwrap_or(DEFAULT_REVISION))
    }

    /// Whether this install's prune would consider an object.
    fn prunes(&self, live: &Live) -> bool {
        let label = |key: &str| live.labels.get(key).map(String::as_str);
        let revision = self.revision.unwrap_or(DEFAULT_REVISION);
        label(MANAGED) == Some("Reconcile")
            && label(COMPONENT).is_some()
            && label(NOT_PRUNED) != Some("true")
            && label(REVISION_LABEL) == Some(revision)
            && label(OWNER_NAMESPACE) == Some(self.namespace)
            && self.name.is_none_or(|name| label(OWNER) == Some(name))
            && (!self.spares_other_versions || label(VERSION) == Some(self.version))
    }
}

/// Whether the loss of an object would be felt: everything but what belongs to a control plane that
/// is being replaced anyway, and of that its Deployment and its Service.
fn is_vital(live: &Live) -> bool {
    let own = live.labels.get(COMPONENT).is_some_and(|component| component == "Pilot");
    !own || matches!(&*live.object.kind, "Deployment" | "Service")
}

fn is_shared(labels: &BTreeMap<String, String>) -> bool {
    labels.get(COMPONENT).is_some_and(|component| SHARED.contains(&component.as_str()))
}

/// A gateway or a node agent is told by what runs; its accounts and budgets come and go with it.
fn is_told_by_kind(kind: &str) -> bool {
    matches!(kind, "Deployment" | "DaemonSet" | "Service")
}

/// What istioctl compares objects by: kind, namespace and name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

impl<'a> Key<'a> {
    fn of_rendered(one: &'a Rendered) -> Self {
        let namespace = one.namespace.as_deref().unwrap_or_default();
        Self { kind: &one.kind, namespace, name: &one.name }.without_scope()
    }

    fn of_live(one: &'a Live) -> Self {
        let namespace = one.object.namespace.as_deref().unwrap_or_default();
        Self { kind: &one.object.kind, namespace, name: &one.object.name }.without_scope()
    }

    /// Charts may write a namespace on cluster-wide objects; the server drops it.
    fn without_scope(self) -> Self {
        if super::live::is_cluster_wide(self.kind) { Self { namespace: "", ..self } } else { self }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GATEWAY: (&str, &str) = ("Deployment", "istio-ingressgateway");

    fn labels(component: &str, revision: &str, version: &str) -> BTreeMap<String, String> {
        let pairs = [
            (MANAGED, "Reconcile"),
            (COMPONENT, component),
            (VERSION, version),
            (OWNER_NAMESPACE, "istio-system"),
            (REVISION_LABEL, revision),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    }

    fn live(component: &str, (kind, name): (&str, &str), revision: &str, version: &str) -> Live {
        let object = ObjectRef {
            api_version: "v1".into(),
            kind: kind.into(),
            resource: "any".into(),
            namespace: Some("istio-system".into()),
            name: name.into(),
        };
        Live { object, uid: "uid".into(), labels: labels(component, revision, version) }
    }

    fn rendered(component: &str, (kind, name): (&str, &str)) -> Rendered {
        Rendered {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            namespace: Some("istio-system".to_owned()),
            name: name.to_owned(),
            labels: [(COMPONENT.to_owned(), component.to_owned())].into(),
            data: BTreeMap::new(),
        }
    }

    fn owner<'a>(revision: Option<&'a str>, version: &'a str) -> Owner<'a> {
        Owner {
            revision,
            version,
            name: None,
            namespace: "istio-system",
            spares_other_versions: true,
        }
    }

    #[rstest]
    #[case::in_place_to_another_version(Some("1-30"), "1.31.1", false)]
    #[case::again_at_the_same_version(Some("1-30"), "1.30.5", true)]
    #[case::another_revision(Some("1-31"), "1.30.5", false)]
    #[case::without_revision(None, "1.30.5", false)]
    fn an_install_prunes_what_its_own_version_and_revision_left(
        #[case] revision: Option<&str>,
        #[case] version: &str,
        #[case] removes: bool,
    ) {
        let gateway = [live("IngressGateways", GATEWAY, "1-30", "1.30.5")];
        let whole = [rendered("IngressGateways", GATEWAY)];
        let found = compare(&[], &whole, &gateway, &owner(revision, version));
        assert_eq!(!found.removes.is_empty(), removes);
        let blocked = found.blocks.iter().any(|one| matches!(one, Block::WouldRemove { .. }));
        assert_eq!(blocked, removes, "a gateway that would go blocks");
    }

    #[test]
    fn an_older_installer_prunes_whatever_its_version() {
        let gateway = [live("IngressGateways", GATEWAY, "1-22", "1.22.8")];
        let whole = [rendered("IngressGateways", GATEWAY)];
        let old = Owner { spares_other_versions: false, ..owner(Some("1-22"), "1.23.6") };
        let found = compare(&[], &whole, &gateway, &old);
        assert_eq!(found.removes.len(), 1);
    }

    #[rstest]
    #[case::everything("1-31", "1.31.1", true)]
    #[case::not_reached_yet("1-31", "1.30.5", false)]
    #[case::of_another_revision("1-30", "1.31.1", false)]
    fn an_install_that_got_through_left_its_labels_on_everything(
        #[case] revision: &str,
        #[case] version: &str,
        #[case] expected: bool,
    ) {
        let applied =
            [rendered("Pilot", ("Deployment", "istiod-1-31")), rendered("Pilot", GATEWAY)];
        let live = [
            live("Pilot", ("Deployment", "istiod-1-31"), "1-31", "1.31.1"),
            live("Pilot", GATEWAY, revision, version),
        ];
        assert_eq!(was_applied(&applied, &live, &owner(Some("1-31"), "1.31.1")), expected);
    }

    #[test]
    fn what_is_marked_as_not_pruned_stays() {
        let mut tag = live("Pilot", ("Service", "istiod-revision-tag-default"), "1-30", "1.30.5");
        tag.labels.insert(NOT_PRUNED.to_owned(), "true".to_owned());
        let found = compare(&[], &[], &[tag], &owner(Some("1-30"), "1.30.5"));
        assert_eq!(found, Comparison::default());
    }

    #[test]
    fn a_budget_of_istiod_may_go_and_its_deployment_may_not() {
        let own = |kind| live("Pilot", (kind, "istiod-1-30"), "1-30", "1.30.5");
        let budget = own("PodDisruptionBudget");
        let found = compare(&[], &[], &[budget], &owner(Some("1-30"), "1.30.5"));
        assert_eq!((found.removes.len(), found.blocks.len()), (1, 0));
        let found = compare(&[], &[], &[own("Deployment")], &owner(Some("1-30"), "1.30.5"));
        assert_eq!((found.removes.len(), found.blocks.len()), (1, 1));
    }

    #[rstest]
    #[case::forgotten(
        true,
        false,
        "Deployment istio-system/istio-ingressgateway is not in the values: they are not this mesh's own"
    )]
    #[case::foreign(
        false,
        true,
        "Deployment istio-system/istio-ingressgateway is in the values and not in the mesh: they are not this mesh's own"
    )]
    fn values_and_mesh_must_hold_the_same_gateways(
        #[case] in_mesh: bool,
        #[case] in_values: bool,
        #[case] expected: &str,
    ) {
        let gateway = live("IngressGateways", GATEWAY, "1-30", "1.30.5");
        let mesh: Vec<Live> = in_mesh.then_some(gateway).into_iter().collect();
        let values: Vec<Rendered> =
            in_values.then(|| rendered("IngressGateways", GATEWAY)).into_iter().collect();
        let found = compare(&[], &values, &mesh, &owner(Some("1-31"), "1.31.1"));
        let said: Vec<String> = found.blocks.iter().map(ToString::to_string).collect();
        assert_eq!(said, [expected]);
    }

    #[test]
    fn a_namespace_on_a_cluster_wide_object_says_nothing() {
        let mut role = rendered("Pilot", ("ClusterRole", "istiod-clusterrole-1-30-istio-system"));
        role.namespace = Some("istio-system".to_owned());
        let mut live = live(
            "Pilot",
            ("ClusterRole", "istiod-clusterrole-1-30-istio-system"),
            "1-30",
            "1.30.5",
        );
        live.object.namespace = None;
        let found = compare(&[role], &[], &[live], &owner(Some("1-30"), "1.30.5"));
        assert_eq!(found.removes, []);
    }
}
