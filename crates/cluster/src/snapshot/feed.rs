//! What is read of a cluster: one feed for each kind, listed first and watched then.

use std::fmt;

use bytes::Bytes;
use http::HeaderValue;
use meshlift_core::inventory::{Kind, Name};

use super::fold::{self, Entry, Key};
use super::names::Names;
use crate::calls::{JSON, PAGE, escape};
use crate::wire::{self, Event, Object, Page, WireError};

/// One kind of object in one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Feed {
    Namespaces,
    Injectors,
    Validators,
    Deployments,
    StatefulSets,
    DaemonSets,
    Budgets,
    /// Pods that have a proxy or are one: injection labels each.
    MeshPods,
    /// Pods that injection did not label, in a namespace where it should have.
    OtherPods(Name),
    /// What istiod's injectors are configured with.
    Configs(Name),
    /// What stands behind istiod's Services.
    Endpoints(Name),
}

/// A page, folded.
pub(super) struct Folded {
    pub(super) resource_version: String,
    pub(super) entries: Vec<(Key, Option<Entry>)>,
}

/// An event, folded.
pub(super) enum Change {
    Set { key: Key, entry: Option<Entry>, version: String },
    Bookmark(String),
    Ended(wire::Status),
}

/// Pods of the first page: more than a window shows, and there in a fraction of the time.
const FIRST_PODS: u32 = 100;
/// Pods of every further page. A pod is some ten times as large as other objects.
const PODS: u32 = 500;

/// Every mesh pod has it, since Istio 1.16 and earlier.
const MESH_LABEL: &str = "service.istio.io/canonical-name";

impl Feed {
    /// The feeds that do not depend on what others bring.
    pub(super) const BASE: [Self; 8] = [
        Self::MeshPods,
        Self::Namespaces,
        Self::Injectors,
        Self::Validators,
        Self::Deployments,
        Self::StatefulSets,
        Self::DaemonSets,
        Self::Budgets,
    ];

    /// The namespace whose pods outside the mesh it brings.
    pub(super) fn other_pods_in(&self) -> Option<&Name> {
        if let Self::OtherPods(namespace) = self { Some(namespace) } else { None }
    }

    /// The path of its list, with its selector.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Namespaces => "/api/v1/namespaces".to_owned(),
            Self::Injectors => format!("{ADMISSION}/mutatingwebhookconfigurations"),
            Self::Validators => format!("{ADMISSION}/validatingwebhookconfigurations"),
            Self::Deployments => "/apis/apps/v1/deployments".to_owned(),
            Self::StatefulSets => "/apis/apps/v1/statefulsets".to_owned(),
            Self::DaemonSets => "/apis/apps/v1/daemonsets".to_owned(),
            Self::Budgets => "/apis/policy/v1/poddisruptionbudgets".to_owned(),
            Self::MeshPods => format!("/api/v1/pods?labelSelector={}", escape(MESH_LABEL)),
            Self::OtherPods(namespace) => format!(
                "/api/v1/namespaces/{namespace}/pods?labelSelector={}",
                escape(&format!("!{MESH_LABEL}"))
            ),
            Self::Configs(namespace) => format!(
                "/api/v1/namespaces/{namespace}/configmaps?labelSelector={}",
                escape("istio.io/rev")
            ),
            Self::Endpoints(namespace) => {
                format!("/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices")
            }
        }
    }

    /// How many objects a page of its list holds at most.
    pub(super) fn page_size(&self, is_first: bool) -> u32 {
        match self {
            Self::MeshPods | Self::OtherPods(_) if is_first => FIRST_PODS,
            Self::MeshPods | Self::OtherPods(_) => PODS,
            Self::Namespaces
            | Self::Injectors
            | Self::Validators
            | Self::Deployments
            | Self::StatefulSets
            | Self::DaemonSets
            | Self::Budgets
            | Self::Configs(_)
            | Self::Endpoints(_) => PAGE,
        }
    }

    /// The types that its list may come as.
    pub(super) fn accept(&self) -> &'static str {
        match self {
            Self::Deployments | Self::StatefulSets | Self::DaemonSets => JSON,
            Self::Namespaces
            | Self::Injectors
            | Self::Validators
            | Self::Budgets
            | Self::MeshPods
            | Self::OtherPods(_)
            | Self::Configs(_)
            | Self::Endpoints(_) => wire::PROTOBUF_OR_JSON,
        }
    }

    /// Reads and folds a page of its list.
    pub(super) fn read_page(
        &self,
        names: &Names,
        content_type: Option<&HeaderValue>,
        body: &Bytes,
    ) -> Result<Folded, WireError> {
        Ok(match self {
            Self::Namespaces => fold_page(wire::read_page(content_type, body)?, |one| {
                Some(fold::namespace(names, &one))
            }),
            Self::Injectors => {
                fold_page(wire::read_page(content_type, body)?, |one| fold::injector(names, one))
            }
            Self::Validators => {
                fold_page(wire::read_page(content_type, body)?, |one| fold::validator(names, one))
            }
            Self::Deployments => fold_page(wire::read_json_page(body)?, |one| {
                fold::workload(names, Kind::Deployment, one)
            }),
            Self::StatefulSets => fold_page(wire::read_json_page(body)?, |one| {
                fold::workload(names, Kind::StatefulSet, one)
            }),
            Self::DaemonSets => fold_page(wire::read_json_page(body)?, |one| {
                fold::workload(names, Kind::DaemonSet, one)
            }),
            Self::Budgets => {
                fold_page(wire::read_page(content_type, body)?, |one| fold::budget(names, one))
            }
            Self::MeshPods | Self::OtherPods(_) => {
                fold_page(wire::read_page(content_type, body)?, |one| Some(fold::pod(names, &one)))
            }
            Self::Configs(_) => {
                fold_page(wire::read_page(content_type, body)?, |one| fold::config(names, &one))
            }
            Self::Endpoints(_) => {
                fold_page(wire::read_page(content_type, body)?, |one| fold::endpoints(names, &one))
            }
        })
    }

    /// Reads and folds a line of its watch.
    pub(super) fn read_event(&self, names: &Names, line: &[u8]) -> Result<Change, WireError> {
        match self {
            Self::Namespaces => fold_event(line, |one| Some(fold::namespace(names, &one))),
            Self::Injectors => fold_event(line, |one| fold::injector(names, one)),
            Self::Validators => fold_event(line, |one| fold::validator(names, one)),
            Self::Deployments => {
                fold_event(line, |one| fold::workload(names, Kind::Deployment, one))
            }
            Self::StatefulSets => {
                fold_event(line, |one| fold::workload(names, Kind::StatefulSet, one))
            }
            Self::DaemonSets => fold_event(line, |one| fold::workload(names, Kind::DaemonSet, one)),
            Self::Budgets => fold_event(line, |one| fold::budget(names, one)),
            Self::MeshPods | Self::OtherPods(_) => {
                fold_event(line, |one| Some(fold::pod(names, &one)))
            }
            Self::Configs(_) => fold_event(line, |one| fold::config(names, &one)),
            Self::Endpoints(_) => fold_event(line, |one| fold::endpoints(names, &one)),
        }
    }
}

const ADMISSION: &str = "/apis/admissionregistration.k8s.io/v1";

impl fmt::Display for Feed {
    /// As access rules name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespaces => f.write_str("namespaces"),
            Self::Injectors => f.write_str("mutatingwebhookconfigurations"),
            Self::Validators => f.write_str("validatingwebhookconfigurations"),
            Self::Deployments => f.write_str("deployments"),
            Self::StatefulSets => f.write_str("statefulsets"),
            Self::DaemonSets => f.write_str("daemonsets"),
            Self::Budgets => f.write_str("poddisruptionbudgets"),
            Self::MeshPods => f.write_str("pods"),
            Self::OtherPods(namespace) => write!(f, "pods in {namespace}"),
            Self::Configs(namespace) => write!(f, "configmaps in {namespace}"),
            Self::Endpoints(namespace) => write!(f, "endpointslices in {namespace}"),
        }
    }
}

fn fold_page<T: Object>(page: Page<T>, fold: impl Fn(T) -> Option<Entry>) -> Folded {
    let fold_one = |object: T| (Key::of(object.meta()), fold(object));
    Folded {
        resource_version: page.resource_version,
        entries: page.items.into_iter().map(fold_one).collect(),
    }
}

fn fold_event<T: Object>(
    line: &[u8],
    fold: impl Fn(T) -> Option<Entry>,
) -> Result<Change, WireError> {
    Ok(match wire::read_event::<T>(line)? {
        Event::Applied(object) => {
            let version = object.meta().resource_version.clone();
            Change::Set { key: Key::of(object.meta()), entry: fold(object), version }
        }
        Event::Deleted(object) => {
            let version = object.meta().resource_version.clone();
            Change::Set { key: Key::of(object.meta()), entry: None, version }
        }
        Event::Bookmark(version) => Change::Bookmark(version),
        Event::Ended(status) => Change::Ended(status),
    })
}
