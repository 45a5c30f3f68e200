//! The four steps of a canary upgrade that only the console can do (S20), and how it shows that one
//! was done.
//!
//! Entry point: [`standing`]. Deliberately absent: where to click (the window's words).

use serde::{Deserialize, Serialize};

use crate::inventory::{Instance, Snapshot};
use crate::version::MeshVersion;

/// A step of the console's tab *Canary Upgrade*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum HandOff {
    /// Deploy the canary control plane.
    #[serde(rename_all = "camelCase")]
    DeployCanary {
        /// Its version.
        version: MeshVersion,
    },
    /// Switch the canary version to the current version.
    #[serde(rename_all = "camelCase")]
    Promote {
        /// The canary's version.
        version: MeshVersion,
    },
    /// Roll back and revoke the upgrade.
    #[serde(rename_all = "camelCase")]
    Revoke {
        /// The canary's version.
        version: MeshVersion,
    },
    /// Uninstall the old version.
    #[serde(rename_all = "camelCase")]
    Unpublish {
        /// The old version.
        version: MeshVersion,
    },
}

/// How a step in the console stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was not done yet.
    Open,
    /// It was done.
    Done,
    /// Something else was done.
    Otherwise {
        /// What is found, such as a version.
        found: String,
    },
}

/// How a step in the console stands, by what is read.
pub fn standing(snapshot: &Snapshot, task: &HandOff) -> Standing {
    let Some(instance) = snapshot.instance.as_deref() else { return Standing::Open };
    match task {
        HandOff::DeployCanary { version } => deployed(snapshot, instance, version),
        HandOff::Promote { version } => promoted(instance, version),
        HandOff::Revoke { version } => revoked(instance, version),
        HandOff::Unpublish { version } => unpublished(instance, version),
    }
}

fn deployed(snapshot: &Snapshot, instance: &Instance, version: &MeshVersion) -> Standing {
    if instance.canary.is_none() {
        return Standing::Open;
    }
    let revision = version.revision();
    let other =
        snapshot.control_planes.iter().find(|plane| !runs(instance, plane.version.as_ref()));
    match other {
        // Its address is there before its injector is.
        None => Standing::Open,
        Some(plane) if *plane.revision == *revision => {
            let answers = snapshot.injectors.iter().any(|it| *it.revision == *revision);
            if answers && instance.is_settled() { Standing::Done } else { Standing::Open }
        }
        Some(plane) => Standing::Otherwise { found: plane.revision.to_string() },
    }
}

fn promoted(instance: &Instance, version: &MeshVersion) -> Standing {
    if runs(instance, Some(version)) {
        return if instance.is_settled() { Standing::Done } else { Standing::Open };
    }
    match &instance.canary {
        Some(_) => Standing::Open,
        None => Standing::Otherwise { found: current(instance) },
    }
}

fn revoked(instance: &Instance, version: &MeshVersion) -> Standing {
    if runs(instance, Some(version)) {
        return Standing::Otherwise { found: current(instance) };
    }
    if instance.canary.is_none() && instance.is_settled() { Standing::Done } else { Standing::Open }
}

fn unpublished(instance: &Instance, version: &MeshVersion) -> Standing {
    if runs(instance, Some(version)) {
        return Standing::Otherwise { found: current(instance) };
    }
    if instance.canary.is_none() && instance.is_settled() { Standing::Done } else { Standing::Open }
}

/// Whether the current control plane is of this Istio version; hot patches don't count (S26).
fn runs(instance: &Instance, version: Option<&MeshVersion>) -> bool {
    instance.version.as_ref().map(MeshVersion::istio) == version.map(MeshVersion::istio)
}

fn current(instance: &Instance) -> String {
    instance.version.as_ref().map_or_else(|| "?".to_owned(), MeshVersion::numbers)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::asm::join;
    use crate::asm::testing::{canary, canary_data_plane, data_plane, instance};

    fn version(text: &str) -> MeshVersion {
        text.parse().unwrap()
    }

    enum Mesh {
        Before,
        Deployed,
        Promoted,
        Unpublished,
    }

    fn mesh(at: &Mesh) -> Snapshot {
        match at {
            Mesh::Before => join(data_plane(), &instance("1.16.4.93")),
            Mesh::Deployed => join(canary_data_plane(), &canary(instance("1.16.4.93"))),
            Mesh::Promoted => join(canary_data_plane(), &canary(instance("1.18.0.158"))),
            Mesh::Unpublished => join(data_plane(), &instance("1.18.0.158")),
        }
    }

    #[rstest]
    #[case::not_deployed(Mesh::Before, Standing::Open)]
    #[case::deployed(Mesh::Deployed, Standing::Done)]
    fn a_deployed_canary_shows(#[case] at: Mesh, #[case] expected: Standing) {
        let task = HandOff::DeployCanary { version: version("1.18.0.158") };

        assert_eq!(standing(&mesh(&at), &task), expected);
    }

    #[test]
    fn another_canary_than_wanted_is_said() {
        let task = HandOff::DeployCanary { version: version("1.17.2.42") };

        let found = Standing::Otherwise { found: "1-18-0".to_owned() };
        assert_eq!(standing(&mesh(&Mesh::Deployed), &task), found);
    }

    #[test]
    fn a_canary_is_deployed_only_when_its_injector_answers() {
        let task = HandOff::DeployCanary { version: version("1.18.0.158") };
        let address_only = join(data_plane(), &canary(instance("1.16.4.93")));

        assert_eq!(standing(&address_only, &task), Standing::Open);
    }

    #[rstest]
    #[case::before(Mesh::Deployed, Standing::Open)]
    #[case::done(Mesh::Promoted, Standing::Done)]
    #[case::revoked_instead(Mesh::Before, Standing::Otherwise { found: "1.16.4.93".to_owned() })]
    fn a_promotion_shows(#[case] at: Mesh, #[case] expected: Standing) {
        let task = HandOff::Promote { version: version("1.18.0.158") };

        assert_eq!(standing(&mesh(&at), &task), expected);
    }

    #[rstest]
    #[case::before(Mesh::Deployed, Standing::Open)]
    #[case::done(Mesh::Before, Standing::Done)]
    #[case::promoted_instead(Mesh::Promoted, Standing::Otherwise { found: "1.18.0.158".to_owned() })]
    fn a_revoke_shows(#[case] at: Mesh, #[case] expected: Standing) {
        let task = HandOff::Revoke { version: version("1.18.0.158") };

        assert_eq!(standing(&mesh(&at), &task), expected);
    }

    #[rstest]
    #[case::before(Mesh::Promoted, Standing::Open)]
    #[case::done(Mesh::Unpublished, Standing::Done)]
    fn an_unpublishing_shows(#[case] at: Mesh, #[case] expected: Standing) {
        let task = HandOff::Unpublish { version: version("1.16.4.93") };

        assert_eq!(standing(&mesh(&at), &task), expected);
    }
}
