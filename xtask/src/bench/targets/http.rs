//! A target that is a server: wrk sends requests, and it is observed from outside.

use super::{Sample, Target, Usage};
use crate::Result;
use crate::bench::process::Process;
use crate::bench::workdir::EMBED_DATABASE;
use crate::bench::workloads::Workload;
use crate::bench::wrk::{self, Wrk};

/// A server for workloads over HTTP.
pub(super) struct Http {
    pub(super) wrk: Wrk,
    /// The base URL, such as `http://127.0.0.1:8080`.
    pub(super) url: String,
    /// Returns the path of a workload by its name, with `%d` for the ID of an order.
    pub(super) path: fn(&str) -> Option<&'static str>,
    pub(super) process: Process,
    /// The token of those who call it, if it is closed.
    pub(super) token: Option<String>,
    /// Notes to report with its command.
    pub(super) notes: Vec<String>,
    /// The server of the workload `embed`, if it is another.
    pub(super) embed: Option<Box<Http>>,
}

impl Http {
    /// Returns the server of a workload.
    fn server(&self, workload: &Workload) -> &Self {
        self.embed.as_deref().filter(|_| workload.database == EMBED_DATABASE).unwrap_or(self)
    }

    fn path(&self, workload: &Workload) -> Result<&'static str> {
        (self.path)(workload.name).ok_or_else(|| format!("it does not know the workload {}", workload.name).into())
    }
}

impl Target for Http {
    fn about(&self) -> Vec<String> {
        std::iter::once(self.process.command().to_owned()).chain(self.notes.iter().cloned()).collect()
    }

    fn check(&self, workload: &Workload) -> Result<()> {
        let server = self.server(workload);
        let path = server.path(workload)?.replace("%d", "42");
        let answer = wrk::ask(&server.url, &path, workload.body, server.token.as_deref())
            .map_err(|error| server.process.with_log(&error))?;
        if answer.status != workload.status {
            let why = format!("{path} answered {} instead of {}: {}", answer.status, workload.status, answer.body);
            return Err(server.process.with_log(&why));
        }
        let body = serde_json::from_str(&answer.body).map_err(|error| format!("{path} answered no JSON: {error}"))?;
        (workload.check)(&body).map_err(|error| format!("{path}: {error}").into())
    }

    fn measure(&self, workload: &Workload, seconds: u32) -> Result<Sample> {
        let server = self.server(workload);
        server.process.reset_peak()?;
        let before = server.process.cpu()?;
        let load =
            server.wrk.run(workload.script, (&server.url, server.path(workload)?), server.token.as_deref(), seconds)?;
        let cpu = server.process.cpu()?.saturating_sub(before);
        let usage = Usage {
            cpu_us: cpu.as_secs_f64() * 1e6 / load.requests.max(1) as f64,
            peak_mib: server.process.peak_kib()? as f64 / 1024.0,
        };
        Ok(Sample {
            per_second: load.requests as f64 / load.seconds,
            p50_ms: load.p50_ms,
            p99_ms: load.p99_ms,
            errors: load.errors,
            usage: Some(usage),
        })
    }
}
