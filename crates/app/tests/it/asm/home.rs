//! A home folder in which the aliyun command keeps its profiles.

use meshlift_cluster::provider::asm::credentials::Environment;
use meshlift_sim::asm::AccessKey;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Profiles in a file of their own. The first one written is the current one.
pub(super) struct Home(TempDir);

impl Home {
    pub(super) fn with(profiles: &[Value]) -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        home.write(profiles);
        home
    }

    /// Writes the profiles anew, as `aliyun configure` does.
    pub(super) fn write(&self, profiles: &[Value]) {
        let current = profiles.first().map(|profile| profile["name"].clone());
        let text = json!({ "current": current, "profiles": profiles }).to_string();
        std::fs::write(self.0.path().join("config.json"), text).expect("it can be written");
    }

    /// What the app is told about where to look.
    pub(super) fn environment(&self) -> Environment {
        let file = self.0.path().join("config.json").display().to_string();
        Environment::new([("ALIBABA_CLOUD_CONFIG_FILE".to_owned(), file)])
    }
}

/// A profile with a key.
pub(super) fn profile(name: &str, key: &AccessKey) -> Value {
    json!({
        "name": name,
        "mode": if key.token.is_some() { "StsToken" } else { "AK" },
        "access_key_id": key.id,
        "access_key_secret": key.secret,
        "sts_token": key.token.unwrap_or_default(),
        "region_id": "cn-hangzhou",
    })
}
