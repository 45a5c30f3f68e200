//! The client of the service-mesh API against small servers of the test's own: every operation, every
//! kind of fault, every kind of credential. Nothing leaves this computer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod answers;
mod changes;
mod credentials;
mod doors;
mod every;
mod faults;
mod secrets;
mod server;
mod writes;

use std::time::Duration;

use meshlift_cluster::door::Door;
use meshlift_cluster::provider::asm::credentials::Credentials;
use meshlift_cluster::provider::asm::{Client, Limits, Network, Region, Setup, Transport};
use server::Server;

/// Limits that let a test of a time-out end soon.
fn limits() -> Limits {
    Limits {
        read: Duration::from_millis(300),
        write: Duration::from_millis(300),
        retry: Duration::from_millis(700),
        pause: Duration::from_millis(20),
        program: Duration::from_secs(5),
    }
}

fn setup(server: &Server) -> Setup {
    Setup {
        region: Region::new("cn-hangzhou").unwrap(),
        network: Network::Public,
        transport: Transport::loopback(server.address()).unwrap(),
        credentials: Credentials::of_keys("LTAIexample", "examplesecret", None),
        door: Door::new(false),
        limits: limits(),
    }
}

fn client(server: &Server) -> Client {
    Client::new(setup(server))
}
