//! The network between kepu and a host: it counts what passes, stalls, breaks, and comes back.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::machine::Machine;

/// What happens once enough bytes have passed, in both directions and on all connections together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// All connections are cut, and new ones are refused.
    Cut,
    /// All connections are cut; new ones work.
    CutOnce,
    /// Nothing passes any more.
    Stall,
}

/// A network in front of a machine, at its `front_address` and the ports of its server.
pub struct Network {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    passed: u64,
    fault: Option<(u64, Fault)>,
    broken: bool,
    /// Grows with each fault that is mended: connections of before are dead.
    era: u64,
    open: Vec<TcpStream>,
    /// A fault that does not last has happened.
    struck: bool,
    over: bool,
}

impl Network {
    /// A network that lets everything pass to these ports of a machine.
    pub fn before(machine: &Machine, ports: impl IntoIterator<Item = u16>) -> Self {
        let shared = Arc::new(Shared::default());
        for port in ports {
            let front = SocketAddr::from((machine.front_address(), port));
            let back = SocketAddr::from((machine.address(), port));
            let listener = TcpListener::bind(front).expect("a port");
            let shared = shared.clone();
            std::thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    if shared.state.lock().expect("the network").over {
                        return;
                    }
                    connect(&shared, client, back);
                }
            });
        }
        Self { shared }
    }

    /// How many bytes have passed since the last fault was set.
    pub fn passed(&self) -> u64 {
        self.shared.state.lock().expect("the network").passed
    }

    /// Counts from zero, and breaks after so many bytes.
    pub fn break_after(&self, bytes: u64, fault: Fault) {
        let mut state = self.shared.state.lock().expect("the network");
        state.passed = 0;
        state.fault = Some((bytes, fault));
        state.broken = false;
        state.struck = false;
    }

    /// Everything passes again, on new connections, and is counted from zero.
    pub fn mend(&self) {
        let mut state = self.shared.state.lock().expect("the network");
        state.fault = None;
        state.broken = false;
        state.passed = 0;
        close(&mut state);
        self.shared.changed.notify_all();
    }

    /// Whether the fault has happened.
    pub fn has_broken(&self) -> bool {
        let state = self.shared.state.lock().expect("the network");
        state.broken || state.struck
    }

    /// Waits until the network has broken; whether it has before `over` was true.
    pub fn breaks(&self, mut over: impl FnMut() -> bool) -> bool {
        let started = Instant::now();
        let mut state = self.shared.state.lock().expect("the network");
        while !state.broken {
            assert!(started.elapsed() < Duration::from_secs(60), "neither a fault nor an end");
            state = self.shared.changed.wait_timeout(state, Duration::from_millis(5)).expect("the network").0;
            if !state.broken && over() {
                return false;
            }
        }
        true
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock().expect("the network");
        state.over = true;
        close(&mut state);
        self.shared.changed.notify_all();
    }
}

fn close(state: &mut State) {
    state.era += 1;
    for stream in state.open.drain(..) {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn connect(shared: &Arc<Shared>, client: TcpStream, back: SocketAddr) {
    let mut state = shared.state.lock().expect("the network");
    if state.broken && state.fault.is_some_and(|(_, fault)| fault == Fault::Cut) {
        return;
    }
    let Ok(server) = TcpStream::connect(back) else { return };
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
        state.open.extend(stream.try_clone());
    }
    let era = state.era;
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (Ok(from), Ok(to), shared) = (from.try_clone(), to.try_clone(), shared.clone()) else { return };
        std::thread::spawn(move || carry(&shared, era, from, to));
    }
}

/// Carries bytes in one direction until an end of the connection.
fn carry(shared: &Shared, era: u64, mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let allowed = shared.allow(era, count);
        if to.write_all(&bytes[..allowed]).is_err() {
            break;
        }
        if allowed < count {
            shared.strike(era);
            break;
        }
    }
    // The other direction may still have something to say.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}

impl Shared {
    /// How many of these bytes may still pass.
    fn allow(&self, era: u64, count: usize) -> usize {
        let mut state = self.state.lock().expect("the network");
        if state.era != era || state.broken {
            return 0;
        }
        let limit = state.fault.map_or(u64::MAX, |(limit, _)| limit);
        let allowed = (count as u64).min(limit.saturating_sub(state.passed));
        state.passed += allowed;
        allowed as usize
    }

    /// The fault happens, once what may pass has passed. Returns when this connection is of no use any more.
    fn strike(&self, era: u64) {
        let mut state = self.state.lock().expect("the network");
        let Some((_, fault)) = state.fault.filter(|_| state.era == era) else { return };
        let first = !std::mem::replace(&mut state.broken, true);
        self.changed.notify_all();
        match fault {
            Fault::Stall => {
                drop(self.changed.wait_while(state, |state| state.era == era).expect("the network"));
            }
            Fault::Cut => close(&mut state),
            Fault::CutOnce => {
                if first {
                    close(&mut state);
                }
                state.broken = false;
                state.fault = None;
                state.struck = true;
            }
        }
    }
}
