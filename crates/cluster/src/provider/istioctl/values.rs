//! Compares the values that a revision was installed with to those of a file.
//!
//! Entry point: [`differences`]. Istio's chart keeps both sides: the live map `values[-rev]`
//! holds what the revision was rendered with, and a render of the file holds the same for the file.
//! What differs was changed or forgotten in the file, and would be changed or lost in the mesh.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::plain;

/// One value that the mesh and the file do not share, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its path, such as `pilot.replicaCount`.
    pub path: String,
    /// What the mesh was installed with; none if it does not name it.
    pub mesh: Option<String>,
    /// What the file says; none if it does not name it.
    pub file: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, mesh, file } = self;
        match (mesh, file) {
            (Some(mesh), Some(file)) => {
                write!(f, "{path} is {mesh} in the mesh and {file} in the values file")
            }
            (Some(mesh), None) => {
                write!(f, "{path} is {mesh} in the mesh and missing in the values file")
            }
            (None, Some(file)) => {
                write!(f, "{path} is {file} in the values file and not set in the mesh")
            }
            (None, None) => write!(f, "{path} is not set"),
        }
    }
}

/// Key of the values in Istio's `ConfigMap`.
pub(super) const KEY: &str = "original-values";

/// Name of the `ConfigMap` that holds the values of a revision.
pub(super) fn config_map(revision: Option<&str>) -> String {
    match revision {
        Some(revision) => format!("values-{revision}"),
        None => "values".to_owned(),
    }
}

/// What differs between two such texts, but for what every upgrade changes. None when one of them
/// can't be read.
pub(super) fn differences(mesh: &str, file: &str) -> Option<Vec<Difference>> {
    let mesh = leaves(&serde_json::from_str(mesh).ok()?);
    let file = leaves(&serde_json::from_str(file).ok()?);
    let paths: std::collections::BTreeSet<&String> = mesh.keys().chain(file.keys()).collect();
    let differing = paths
        .into_iter()
        .filter(|path| !CHANGED_BY_EVERY_UPGRADE.contains(&path.as_str()))
        .filter(|path| mesh.get(*path) != file.get(*path))
        .map(|path| Difference {
            path: path.clone(),
            mesh: mesh.get(path).map(|value| plain::shown(path, value)),
            file: file.get(path).map(|value| plain::shown(path, value)),
        });
    Some(differing.collect())
}

const CHANGED_BY_EVERY_UPGRADE: &[&str] =
    &["revision", "hub", "tag", "global.hub", "global.tag", "pilot.hub", "pilot.tag"];

/// Every value that is not a map, by its path. Empty maps say nothing, and neither do nulls.
pub(super) fn leaves(value: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(value, String::new(), &mut found);
    found
}

fn collect(value: &Value, path: String, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                collect(value, format!("{path}{dot}{key}"), into);
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            into.insert(path, value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::the_same(r#"{"pilot":{"replicaCount":2}}"#, r#"{"pilot":{"replicaCount":2}}"#, &[])]
    #[case::another_version_and_revision(
        r#"{"revision":"1-30","global":{"tag":"1.30.5","hub":"docker.io/istio"}}"#,
        r#"{"revision":"1-31","global":{"tag":"1.31.1","hub":"docker.io/istio"}}"#,
        &[]
    )]
    #[case::empty_map_says_nothing(r#"{"gateways":{"a":{}}}"#, "{}", &[])]
    #[case::forgotten(
        r#"{"pilot":{"replicaCount":2}}"#,
        r#"{"pilot":{}}"#,
        &["pilot.replicaCount is 2 in the mesh and missing in the values file"]
    )]
    #[case::changed(
        r#"{"meshConfig":{"accessLogFile":"/dev/stdout"}}"#,
        r#"{"meshConfig":{"accessLogFile":""}}"#,
        &[r#"meshConfig.accessLogFile is "/dev/stdout" in the mesh and "" in the values file"#]
    )]
    #[case::added(
        "{}",
        r#"{"global":{"logAsJson":true}}"#,
        &["global.logAsJson is true in the values file and not set in the mesh"]
    )]
    #[case::a_secret(
        r#"{"global":{"imageRegistry":{"password":"planted"}}}"#,
        r#"{"global":{"imageRegistry":{"password":"other"}}}"#,
        &["global.imageRegistry.password is (not shown) in the mesh and (not shown) in the values file"]
    )]
    #[case::a_value_of_any_name(
        r#"{"pilot":{"env":{"UPSTREAM":"planted"}}}"#,
        "{}",
        &["pilot.env.UPSTREAM is (not shown) in the mesh and missing in the values file"]
    )]
    fn finds_what_the_file_would_change(
        #[case] mesh: &str,
        #[case] file: &str,
        #[case] expected: &[&str],
    ) {
        let found = differences(mesh, file)
            .map(|differences| differences.iter().map(Difference::to_string).collect::<Vec<_>>());
        assert_eq!(
            found.as_deref(),
            Some(expected.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice())
        );
    }

    #[test]
    fn cannot_tell_from_something_else() {
        assert_eq!(differences("{}", "not json"), None);
    }
}
