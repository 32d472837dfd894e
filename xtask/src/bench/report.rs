//! Summarizes the measurements: medians, ratios, spreads and floors, as a table and as JSON.

use std::fmt;

use serde_json::{Map, Value, json};

use super::machine::Facts;
use super::targets::{BASELINE, Sample};
use super::workloads::Workload;
use super::wrk::PATIENCE;

/// The results of one run.
pub(super) struct Report {
    pub(super) facts: Facts,
    /// Notes about each target.
    pub(super) targets: Vec<(&'static str, Vec<String>)>,
    pub(super) rounds: usize,
    pub(super) seconds: u32,
    pub(super) connections: u32,
    pub(super) rows: Vec<Row>,
}

/// The rounds of one target at one workload.
pub(super) struct Row {
    pub(super) workload: &'static Workload,
    pub(super) target: &'static str,
    pub(super) samples: Vec<Sample>,
}

/// The summary of a number over all rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Summary {
    median: f64,
    least: f64,
    most: f64,
}

impl Summary {
    fn from_numbers(numbers: impl Iterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.collect();
        numbers.sort_by(f64::total_cmp);
        let middle = numbers.len() / 2;
        let at = |index: usize| numbers.get(index).copied().unwrap_or(f64::NAN);
        let median = if numbers.len() % 2 == 1 { at(middle) } else { (at(middle.wrapping_sub(1)) + at(middle)) / 2.0 };
        Self { median, least: at(0), most: at(numbers.len().wrapping_sub(1)) }
    }

    /// Returns the range in percent of the median.
    fn spread(self) -> f64 {
        (self.most - self.least) / self.median * 100.0
    }
}

/// The state of a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Holds,
    /// Below the floor by less than the ratios of this run vary, so the result is inconclusive.
    WithinSpread,
    Missed,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::WithinSpread => "below, within the spread",
            Self::Missed => "MISSED",
        })
    }
}

fn standing(ratio: Summary, floor: f64) -> Standing {
    let short = floor - ratio.median;
    if short <= 0.0 {
        Standing::Holds
    } else if short <= ratio.most - ratio.least {
        Standing::WithinSpread
    } else {
        Standing::Missed
    }
}

impl Row {
    fn per_second(&self) -> Summary {
        Summary::from_numbers(self.samples.iter().map(|sample| sample.per_second))
    }

    fn median(&self, number: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        let numbers: Vec<f64> = self.samples.iter().filter_map(number).collect();
        (!numbers.is_empty()).then(|| Summary::from_numbers(numbers.into_iter()).median)
    }

    fn cpu_us(&self) -> Option<f64> {
        self.median(|sample| Some(sample.usage?.cpu_us))
    }

    fn peak_mib(&self) -> Option<f64> {
        self.samples.iter().filter_map(|sample| Some(sample.usage?.peak_mib)).reduce(f64::max)
    }

    fn errors(&self) -> u64 {
        self.samples.iter().map(|sample| sample.errors).sum()
    }
}

impl Report {
    /// Returns the share of the baseline that a target reached: of the medians, and by round.
    fn ratio(&self, row: &Row) -> Option<Summary> {
        let baseline =
            self.rows.iter().find(|other| other.target == BASELINE && other.workload.name == row.workload.name)?;
        let rounds =
            row.samples.iter().zip(&baseline.samples).map(|(own, baseline)| own.per_second / baseline.per_second);
        Some(Summary {
            median: row.per_second().median / baseline.per_second().median,
            ..Summary::from_numbers(rounds)
        })
    }

    /// Returns the state of each floor.
    pub(super) fn standings(&self) -> Vec<(&Row, f64, Standing)> {
        let with_floor = self.rows.iter().filter_map(|row| Some((row, row.workload.floor(row.target)?)));
        with_floor.filter_map(|(row, floor)| Some((row, floor, standing(self.ratio(row)?, floor)))).collect()
    }

    fn standing_of(&self, row: &Row) -> Option<(f64, Standing)> {
        let (_, floor, standing) = self.standings().into_iter().find(|(found, _, _)| std::ptr::eq(*found, row))?;
        Some((floor, standing))
    }

    /// Returns all results for programs.
    pub(super) fn json(&self) -> Value {
        let facts: Map<String, Value> = self.facts.iter().map(|(name, fact)| ((*name).into(), json!(fact))).collect();
        let targets: Map<String, Value> =
            self.targets.iter().map(|(name, about)| ((*name).into(), json!(about))).collect();
        let rows: Vec<Value> = self.rows.iter().map(|row| self.row_json(row)).collect();
        json!({
            "facts": facts,
            "targets": targets,
            "rounds": self.rounds,
            "seconds": self.seconds,
            "connections": self.connections,
            "results": rows,
        })
    }

    fn row_json(&self, row: &Row) -> Value {
        let summary = |summary: Summary| json!({"median": summary.median, "min": summary.least, "max": summary.most});
        let rounds: Vec<Value> = row
            .samples
            .iter()
            .map(|sample| {
                json!({
                    "requests_per_second": sample.per_second,
                    "p50_ms": sample.p50_ms,
                    "p99_ms": sample.p99_ms,
                    "errors": sample.errors,
                    "cpu_us_per_request": sample.usage.map(|usage| usage.cpu_us),
                    "peak_memory_mib": sample.usage.map(|usage| usage.peak_mib),
                })
            })
            .collect();
        let floor = self.standing_of(row);
        json!({
            "workload": row.workload.name,
            "target": row.target,
            "requests_per_second": summary(row.per_second()),
            "ratio_to_baseline": self.ratio(row).map(summary),
            "spread_percent": row.per_second().spread(),
            "cpu_us_per_request": row.cpu_us(),
            "peak_memory_mib": row.peak_mib(),
            "p50_ms": row.median(|sample| Some(sample.p50_ms)),
            "p99_ms": row.median(|sample| Some(sample.p99_ms)),
            "errors": row.errors(),
            "floor": floor.map(|(floor, _)| floor),
            "standing": floor.map(|(_, standing)| standing.to_string()),
            "rounds": rounds,
        })
    }
}

/// Formats the results as a Markdown table with explanations.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, fact) in &self.facts {
            writeln!(f, "- {name}: {fact}")?;
        }
        for (name, about) in &self.targets {
            for line in about {
                writeln!(f, "- {name}: `{line}`")?;
            }
        }
        writeln!(
            f,
            "- load: `wrk -t2 -c{} -d{}s --timeout {PATIENCE}`, medians of {} rounds\n",
            self.connections, self.seconds, self.rounds
        )?;
        writeln!(
            f,
            "| workload | target | requests/s | of the baseline | spread | CPU/request | p50 | p99 | peak memory | \
             errors | floor |"
        )?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|")?;
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        for row in &self.rows {
            let per_second = row.per_second();
            let ratio = self.ratio(row).filter(|_| row.target != BASELINE);
            let p50 = row.median(|sample| Some(sample.p50_ms)).unwrap_or(f64::NAN);
            let p99 = row.median(|sample| Some(sample.p99_ms)).unwrap_or(f64::NAN);
            writeln!(
                f,
                "| {} | {} | {:.0} | {} | {:.0} % | {} | {p50:.2} ms | {p99:.2} ms | {} | {} | {} |",
                row.workload.name,
                row.target,
                per_second.median,
                or_dash(ratio.map(|ratio| format!("{:.3}", ratio.median))),
                per_second.spread(),
                or_dash(row.cpu_us().map(|us| format!("{us:.0} us"))),
                or_dash(row.peak_mib().map(|mib| format!("{mib:.0} MiB"))),
                row.errors(),
                or_dash(self.standing_of(row).map(|(floor, standing)| format!("{floor} {standing}"))),
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::workloads::WORKLOADS;

    fn row(target: &'static str, per_second: &[f64]) -> Row {
        let sample =
            |per_second: &f64| Sample { per_second: *per_second, p50_ms: 1.0, p99_ms: 2.0, errors: 0, usage: None };
        Row { workload: WORKLOADS[0], target, samples: per_second.iter().map(sample).collect() }
    }

    fn report(rows: Vec<Row>) -> Report {
        Report { facts: Vec::new(), targets: Vec::new(), rounds: 3, seconds: 8, connections: 16, rows }
    }

    #[test]
    fn medians_ignore_outliers() {
        let summary = Summary::from_numbers([5.0, 1.0, 4.0].into_iter());
        assert_eq!(summary, Summary { median: 4.0, least: 1.0, most: 5.0 });
        assert_eq!(summary.spread(), 100.0);
        assert_eq!(Summary::from_numbers([1.0, 3.0].into_iter()).median, 2.0);
    }

    #[test]
    fn a_floor_is_missed_only_beyond_the_spread() {
        // The floor is 0.64; the ratios of the rounds decide how certain a miss is.
        for (own, standing) in [
            ([65.0, 70.0, 60.0], Standing::Holds),
            ([60.0, 63.0, 58.0], Standing::WithinSpread),
            ([60.0, 61.0, 60.0], Standing::Missed),
        ] {
            let report = report(vec![row(BASELINE, &[100.0; 3]), row("mwallet-postgres", &own)]);
            assert_eq!(report.standings()[0].2, standing, "{own:?}");
        }
    }

    #[test]
    fn a_ratio_is_that_of_the_medians() {
        let report = report(vec![row(BASELINE, &[100.0, 200.0, 400.0]), row("mwallet-sqlite", &[300.0, 100.0, 500.0])]);
        assert_eq!(report.json()["results"][1]["ratio_to_baseline"]["median"], 1.5);
        assert!(report.to_string().contains("| get | mwallet-sqlite | 300 | 1.500 |"), "{report}");
    }
}
