//! What every rule looks at: the mesh, what it is checked for, and what follows from both and is
//! asked for more than once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::Aim;
use crate::dataplane::{self, Assessment};
use crate::inventory::evidence::{Gap, Resource};
use crate::inventory::{Evidence, Name, Role, Snapshot, Unsupported, Workload};
use crate::policy::{Method, Provider};
use crate::version::MeshVersion;

static NOTHING: LazyLock<Evidence> = LazyLock::new(Evidence::default);

/// The facts of one precheck.
pub(super) struct Facts<'a> {
    /// The mesh.
    pub(super) snapshot: &'a Snapshot,
    /// What it is checked for.
    pub(super) aim: &'a Aim<'a>,
    /// What was read for prechecks; empty when nothing was, which [`Facts::missing`] tells.
    pub(super) evidence: &'a Evidence,
    /// Every workload, and what its next restart would do.
    pub(super) assessments: Vec<Assessment>,
    /// The version that the mesh is on, when it can be told.
    pub(super) source: Option<&'a MeshVersion>,
}

/// What a rule needs and nobody could read.
pub(super) struct Missing {
    pub(super) what: String,
    pub(super) why: String,
}

impl From<&Gap> for Missing {
    fn from(gap: &Gap) -> Self {
        Self { what: gap.of.to_string(), why: gap.why.clone() }
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, aim: &'a Aim<'a>) -> Self {
        Self {
            snapshot,
            aim,
            evidence: snapshot.evidence.as_ref().unwrap_or(&NOTHING),
            assessments: dataplane::assess(snapshot),
            source: snapshot.control_plane(aim.stable).and_then(|plane| plane.version.as_ref()),
        }
    }

    /// The first of these that was not read.
    pub(super) fn missing(&self, needs: &[Resource]) -> Option<Missing> {
        let first = needs.first()?;
        if self.snapshot.evidence.is_none() {
            let why = "it was not read for this snapshot".to_owned();
            return Some(Missing { what: first.to_string(), why });
        }
        needs.iter().find_map(|need| self.evidence.gap(*need)).map(Missing::from)
    }

    /// Workloads that have proxies or would get some, with what is known of them.
    pub(super) fn meshed(&self) -> impl Iterator<Item = (&'a Workload, &Assessment)> {
        self.assessments.iter().filter_map(|assessment| {
            let workload = self.snapshot.workloads.get(&assessment.workload)?;
            let has_proxy = assessment.now.iter().any(|standing| standing.has_proxy);
            (has_proxy || assessment.after.revision.is_some()).then_some((workload, assessment))
        })
    }

    /// Namespaces that hold workloads of the mesh.
    pub(super) fn meshed_namespaces(&self) -> BTreeSet<&'a Name> {
        self.meshed().map(|(workload, _)| &workload.reference.namespace).collect()
    }

    /// Workloads that injection gives their proxy to: what a change of the injector reaches.
    pub(super) fn injected(&self) -> impl Iterator<Item = (&'a Workload, &Assessment)> {
        self.meshed().filter(|(workload, _)| match workload.role {
            Role::Application | Role::InjectedGateway => true,
            Role::InstalledGateway | Role::ManagedGateway | Role::ControlPlane => false,
        })
    }

    /// Whether the mesh uses ambient mode.
    pub(super) fn is_ambient(&self) -> bool {
        self.snapshot.unsupported.contains(&Unsupported::Ambient)
    }

    /// Whether a namespace holds a control plane.
    pub(super) fn is_istios(&self, namespace: &str) -> bool {
        self.snapshot.control_planes.iter().any(|plane| &*plane.namespace == namespace)
    }

    /// The value of a switch now, in istiod's environment or in the proxies' own.
    pub(super) fn switch(&self, name: &str) -> Option<&'a str> {
        let config = self.evidence.mesh_configs.get(self.aim.stable);
        let of_proxies = || config.and_then(|config| config.switches.get(name)).map(|it| &**it);
        self.of_istiod(name).or_else(of_proxies)
    }

    /// The value that a switch is taken to have once the target is installed: the one that it will
    /// have, or the one that it has where nobody knows the install's values.
    pub(super) fn will_set(&self, name: &str) -> Option<&'a str> {
        match self.evidence.values {
            Some(_) => self.carried(name),
            None => self.switch(name),
        }
    }

    /// The value that a switch is known to have once the target is installed. A canary's Deployment
    /// and every mesh config are rendered from the install's values; only what somebody set on a
    /// Deployment that stays is left on it. What values set without naming it is rendered again. ASM
    /// keeps the settings of an instance itself.
    pub(super) fn carried(&self, name: &str) -> Option<&'a str> {
        let by_values = || self.evidence.values.as_ref()?.get(name).map(|it| &**it);
        let left = || match (self.evidence.values_set_more, self.aim.method) {
            (true, _) => self.switch(name),
            (false, Method::Canary) => None,
            (false, Method::InPlace) => self.of_istiod(name),
        };
        match self.aim.profile.provider {
            Provider::Asm => self.switch(name),
            Provider::Istio => by_values().or_else(left),
        }
    }

    fn of_istiod(&self, name: &str) -> Option<&'a str> {
        let plane = self.snapshot.control_plane(self.aim.stable)?;
        plane.switches.get(name).map(|value| &**value)
    }

    /// Services by the whole name of their host.
    pub(super) fn service_hosts(
        &self,
    ) -> BTreeMap<String, &'a crate::inventory::evidence::Service> {
        let named = self.evidence.services.iter();
        named.map(|service| (host(&service.name.name, &service.name.namespace), service)).collect()
    }
}

/// The whole name of a host as a rule of this namespace means it: a name without a dot is a Service
/// of the same namespace.
pub(super) fn host(name: &str, namespace: &str) -> String {
    if name.contains('.') || name == "*" {
        return name.to_owned();
    }
    format!("{name}.{namespace}.svc.cluster.local")
}
