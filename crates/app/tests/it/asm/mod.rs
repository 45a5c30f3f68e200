//! Upgrades of a simulated ASM instance, from precheck to the last proxy.

mod canary;
pub(crate) mod desk;
mod faults;
mod home;
mod in_place;
mod linking;
mod recovery;
mod renewal;
mod requirements;
mod runbooks;
mod secrets;
mod versions;
