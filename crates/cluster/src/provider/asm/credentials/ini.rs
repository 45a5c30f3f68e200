//! The ini file of the SDKs, `~/.alibabacloud/credentials` (asm.md §9). It is only read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::environment::Environment;
use super::find::{FindError, Found, Source, read, region, session};
use super::{Credentials, Keys, Method};
use crate::provider::asm::api::RoleRequest;
use crate::provider::asm::endpoint::sts_host;

/// The section of this name, or the default one, if there is a file with such a section.
pub(super) fn find(
    environment: &Environment,
    named: Option<&str>,
    looked: &mut Vec<String>,
) -> Result<Option<Found>, FindError> {
    let wanted = named.unwrap_or("default");
    for file in files(environment) {
        let Some(text) = read(&file, looked)? else { continue };
        let Some(section) = Section::find(&text, wanted) else {
            looked.push(format!("section `{wanted}` in {}", file.display()));
            continue;
        };
        let kind = section.get("type").unwrap_or("access_key").to_owned();
        let source = Source::Ini { file, section: wanted.to_owned(), kind: kind.clone() };
        let method = section
            .method(&kind)
            .map_err(|problem| FindError::Unusable { place: source.to_string(), problem })?;
        let credentials = Credentials::new(method);
        return Ok(Some(Found { source, region: region(environment), credentials }));
    }
    Ok(None)
}

fn files(environment: &Environment) -> Vec<PathBuf> {
    if let Some(file) = environment.value("CREDENTIALS_FILE") {
        return vec![file.into()];
    }
    let Some(home) = environment.home() else { return Vec::new() };
    // The second name is that of older pages.
    ["credentials", "credentials.ini"].map(|name| home.join(".alibabacloud").join(name)).into()
}

/// The pairs of a section.
struct Section<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Section<'a> {
    fn find(text: &'a str, wanted: &str) -> Option<Self> {
        let heading = |line: &&str| {
            line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::trim)
                == Some(wanted)
        };
        let mut lines = text.lines().map(str::trim);
        lines.find(heading)?;
        let pairs = lines
            .take_while(|line| !line.starts_with('['))
            .filter(|line| !line.starts_with(['#', ';']))
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim()));
        Some(Self(pairs.collect()))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied().filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&'a str, String> {
        self.get(name).ok_or_else(|| format!("it has no `{name}`"))
    }

    fn method(&self, kind: &str) -> Result<Method, String> {
        let held =
            |keys| Method::Held { keys, renewal: "write a new one into the file".to_owned() };
        match kind {
            "access_key" => Ok(held(self.keys(None)?)),
            "sts" => Ok(held(self.keys(Some(self.need("security_token")?))?)),
            "ram_role_arn" => Ok(Method::Role {
                base: Box::new(held(self.keys(self.get("security_token"))?)),
                role: RoleRequest {
                    role_arn: self.need("role_arn")?.to_owned(),
                    session: session(self.get("role_session_name")),
                    seconds: Some(3600),
                    policy: self.get("policy").map(str::to_owned),
                    external_id: None,
                },
                host: sts_host(None),
            }),
            "ecs_ram_role" => Err(
                "type ecs_ram_role is not supported here: it needs the role of a virtual machine \
                     in the cloud"
                    .to_owned(),
            ),
            other => {
                let other: String = other.chars().take(40).collect();
                Err(format!("type {other} is not supported here"))
            }
        }
    }

    fn keys(&self, token: Option<&str>) -> Result<Keys, String> {
        Ok(Keys::new(self.need("access_key_id")?, self.need("access_key_secret")?, token))
    }
}
