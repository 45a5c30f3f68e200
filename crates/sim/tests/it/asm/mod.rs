//! The simulated ASM instance, through its three doors.

mod canary;
mod client;
mod faults;
mod gateways;
mod in_place;
mod labels;
mod shapes;
mod signing;
