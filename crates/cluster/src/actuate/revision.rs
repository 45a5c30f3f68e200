//! The objects that make a revision the one behind a tag, and what each is made from.
//!
//! How they look is in `tag`; this is where their sources are read and named.

use meshlift_core::inventory::{DEFAULT_REVISION, DEFAULT_VALIDATOR, REVISION_LABEL, TAG_LABEL};
use serde_json::Value;

use super::raw;
use super::replace::{Source, Wanted};
use super::{ActError, objects, tag};
use crate::connection::Connection;

const INJECTORS: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const VALIDATORS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/// The injector of a tag.
pub(super) struct TagInjector<'a> {
    pub(super) tag: &'a str,
    pub(super) revision: &'a str,
}

impl Wanted for TagInjector<'_> {
    async fn source(&self, connection: &Connection) -> Result<Source, ActError> {
        let revision = live_injector(connection, self.revision).await?;
        let name = tag::injector_name(self.tag, istio_namespace(&revision));
        let object = objects::injector(&name);
        let existing = raw::find(connection, &objects::path(&object)).await?;
        // Whether unlabelled namespaces are injected is a setting of the install, which the default
        // injector shows, switched off or not.
        let of_default = of_revision(connection, INJECTORS, DEFAULT_REVISION).await?;
        let unlabelled = existing.iter().chain(&of_default).any(tag::injects_unlabelled);
        Ok(Source { object, from: vec![revision], unlabelled })
    }

    fn make(&self, source: &Source, existing: Option<&Value>) -> Option<Value> {
        tag::injector(
            source.from.first()?,
            existing,
            &source.object.name,
            self.tag,
            self.revision,
            source.unlabelled,
        )
    }
}

/// The Service of a tag.
pub(super) struct TagService<'a> {
    pub(super) tag: &'a str,
    pub(super) revision: &'a str,
}

impl Wanted for TagService<'_> {
    async fn source(&self, connection: &Connection) -> Result<Source, ActError> {
        let injector = live_injector(connection, self.revision).await?;
        let (namespace, name) = tag::served_by(&injector).ok_or_else(|| {
            ActError::guard(format!(
                "revision {} is reached by a URL, not a Service",
                self.revision
            ))
        })?;
        let service = objects::service(namespace, name);
        let found = raw::find(connection, &objects::path(&service)).await?;
        let found = found.ok_or_else(|| ActError::gone(&service))?;
        let object = objects::service(namespace, &tag::service_name(self.tag));
        Ok(Source { object, from: vec![found], unlabelled: false })
    }

    fn make(&self, source: &Source, existing: Option<&Value>) -> Option<Value> {
        tag::service(source.from.first()?, existing, self.tag, self.revision)
    }
}

/// The validator for objects that name no revision.
pub(super) struct DefaultValidator<'a> {
    pub(super) revision: &'a str,
}

impl Wanted for DefaultValidator<'_> {
    async fn source(&self, connection: &Connection) -> Result<Source, ActError> {
        let injector = live_injector(connection, self.revision).await?;
        let own = of_revision(connection, VALIDATORS, self.revision).await?;
        let object = objects::validator(DEFAULT_VALIDATOR);
        let from = std::iter::once(injector).chain(own.into_iter().take(1)).collect();
        Ok(Source { object, from, unlabelled: false })
    }

    fn make(&self, source: &Source, existing: Option<&Value>) -> Option<Value> {
        let injector = source.from.first()?;
        tag::default_validator(
            injector,
            source.from.get(1),
            existing,
            &source.object.name,
            self.revision,
        )
    }
}

/// An injector that is switched off.
pub(super) struct Deactivated<'a> {
    pub(super) name: &'a str,
}

impl Wanted for Deactivated<'_> {
    async fn source(&self, _: &Connection) -> Result<Source, ActError> {
        let object = objects::injector(self.name);
        std::future::ready(Ok(Source { object, from: Vec::new(), unlabelled: false })).await
    }

    fn make(&self, _: &Source, existing: Option<&Value>) -> Option<Value> {
        tag::deactivated(existing?)
    }
}

/// The one injector that an install of this revision made.
async fn live_injector(connection: &Connection, revision: &str) -> Result<Value, ActError> {
    let mut found = of_revision(connection, INJECTORS, revision).await?;
    match (found.pop(), found.len()) {
        (Some(injector), 0) => Ok(injector),
        (Some(_), _) => {
            Err(ActError::guard(format!("revision {revision} has more than one injector")))
        }
        (None, _) => Err(ActError::guard(format!("revision {revision} has no injector"))),
    }
}

async fn of_revision(
    connection: &Connection,
    path: &str,
    revision: &str,
) -> Result<Vec<Value>, ActError> {
    let selector = format!("{REVISION_LABEL}={revision},!{TAG_LABEL}");
    Ok(raw::list(connection, path, &selector).await?)
}

fn istio_namespace(injector: &Value) -> &str {
    tag::served_by(injector).map_or("istio-system", |(namespace, _)| namespace)
}
