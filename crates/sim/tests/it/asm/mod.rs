//! The simulated ASM instance, through its three doors.

mod canary;
mod client;
mod demo;
mod faults;
mod gateways;
mod in_place;
mod labels;
mod servers;
mod shapes;
mod signing;
