//! Versions and what they go with: `DescribeVersions` and `DescribeMetadata`.

use serde_json::{Value, json};

use crate::asm::instance::Instance;
use crate::asm::version::Version;

/// Minor version of the mesh, and the first and last minor version of Kubernetes that it runs on:
/// those of the open-source release under it (§5.2), for want of the cloud's own table.
const KUBERNETES: [(u32, u32, u32); 18] = [
    (12, 19, 22),
    (13, 20, 23),
    (14, 21, 24),
    (15, 22, 25),
    (16, 22, 25),
    (17, 23, 26),
    (18, 24, 27),
    (19, 25, 28),
    (20, 25, 29),
    (21, 26, 29),
    (22, 27, 30),
    (23, 27, 30),
    (24, 28, 31),
    (25, 29, 32),
    (26, 29, 33),
    (27, 29, 33),
    (28, 30, 34),
    (29, 31, 35),
];

/// Regions in which an instance can be made: some of §7.1.
const REGIONS: [&str; 4] = ["cn-beijing", "cn-hangzhou", "cn-shanghai", "ap-southeast-1"];

/// Why a version of the mesh does not go with a cluster; none when it does.
pub(super) fn objection(version: &Version, kubernetes: &str) -> Option<String> {
    let (_, minor) = version.minor();
    let (_, first, last) = KUBERNETES.into_iter().find(|(mesh, _, _)| *mesh == minor)?;
    let found = kubernetes.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok())?;
    let fits = (first..=last).contains(&found);
    (!fits).then(|| {
        format!("{version} needs Kubernetes 1.{first} to 1.{last}, the cluster runs {kubernetes}")
    })
}

/// `DescribeVersions`: versions that an instance can be made with.
pub(super) fn versions(instance: &Instance) -> Value {
    let known = known(instance);
    json!({ "VersionInfo": [
        { "Edition": "Default", "Versions": known },
        { "Edition": "Pro", "Versions": known },
    ] })
}

/// `DescribeMetadata`.
pub(super) fn metadata(instance: &Instance) -> Value {
    let known = known(instance);
    let newest = known.last().cloned().unwrap_or_default();
    let registry: Vec<Value> = known
        .iter()
        .map(|version| json!({ version.as_str(): Version::new(version).istio() }))
        .collect();
    let compatible: Vec<Value> = KUBERNETES
        .iter()
        .map(|(mesh, first, last)| {
            json!({
                "k8s_version": { "MinMajor": 1, "MinMinor": first, "MaxMajor": 1, "MaxMinor": last },
                "asm_version": { "Major": 1, "Minor": mesh },
            })
        })
        .collect();
    json!({ "MetaData": {
        "CurrentVersion": newest,
        "Versions": known,
        "VersionRegistry": registry,
        "VersionCrds": [],
        "ProEdition": {
            "CurrentVersion": newest,
            "Versions": known,
            "VersionRegistry": registry,
            "VersionCrds": [],
        },
        "Regions": REGIONS,
        "CompatibilityInfoList": compatible,
    } })
}

fn known(instance: &Instance) -> Vec<String> {
    let offers = instance.offers.iter().map(ToString::to_string);
    let mut known: Vec<String> = offers.collect();
    let running = instance.version.to_string();
    if !known.contains(&running) {
        known.insert(0, running);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_must_be_new_enough_and_not_too_new() {
        let version = Version::new("v1.18.0.158-gc6cf0b9c-aliyun");

        assert_eq!(objection(&version, "v1.24.6-aliyun.1"), None);
        assert!(objection(&version, "v1.22.3-aliyun.1").is_some(), "too old");
        assert!(objection(&version, "v1.30.1-aliyun.1").is_some(), "too new");
    }
}
