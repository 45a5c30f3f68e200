//! The same upgrades on the simulator and on the bed, with the same assertions.
//!
//! ```text
//!   scenario ──► Operator ──► the application's commands ──► one API server
//!        │                                                    ▲        │
//!        └──► World ──► Reading: plain GETs, past the app ────┘  (simulator or bed)
//! ```
//!
//! Entry points: a function of [`scenario`] on a [`World`]. Everything that an [`Operator`] does, it
//! does as the window does; everything that is asserted is read without the application.
//!
//! Deliberately absent: the window (`tests/desktop`), and anything that knows which of the two worlds
//! it is in, but for making it.

pub mod operator;
pub mod patience;
pub mod process;
pub mod reading;
pub mod scenario;
pub mod world;

pub use operator::Operator;
pub use reading::Reading;
pub use world::{Place, Programs, World};
