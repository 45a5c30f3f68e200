//! Upgrades of a simulated ASM instance, from precheck to the last proxy.

mod canary;
pub(crate) mod desk;
mod faults;
mod home;
mod in_place;
mod linking;
mod proxies;
mod recovery;
mod renewal;
mod requirements;
mod runbooks;
mod secrets;
mod snapshots;
mod support;
mod versions;
