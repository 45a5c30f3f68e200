//! Upgrades of a simulated ASM instance, from precheck to the last proxy.

mod canary;
mod desk;
mod faults;
mod in_place;
mod recovery;
mod requirements;
mod secrets;
