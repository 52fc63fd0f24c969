//! The text that Prometheus reads, version 0.0.4:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::{Display, Write as _};

use super::histogram::Histogram;

/// The media type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Kinds of metrics.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A text in the making. Writing into it cannot fail.
#[derive(Default)]
pub(super) struct Text(String);

/// One metric whose samples are being written.
pub(super) struct Metric<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Text {
    /// Begins a metric; its samples follow.
    pub(super) fn metric(&mut self, name: &'static str, kind: Kind, help: &str) -> Metric<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Metric { text: &mut self.0, name }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

impl Metric<'_> {
    /// One number.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.write("", labels, value);
    }

    /// The buckets, the sum and the count of a histogram.
    pub(super) fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) {
        let reading = histogram.read();
        for (bound, count) in &reading.cumulative {
            self.write("_bucket", &[labels, &[("le", &bound.to_string())]].concat(), count);
        }
        self.write("_bucket", &[labels, &[("le", "+Inf")]].concat(), reading.count);
        self.write("_sum", labels, reading.sum);
        self.write("_count", labels, reading.count);
    }

    fn write(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.text, "{}{suffix}", self.name);
        for (index, (name, value)) in labels.iter().enumerate() {
            let opening = if index == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{opening}{name}=\"{}\"", escape(value));
        }
        let closing = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{closing} {value}");
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn samples_have_the_form_that_prometheus_reads() {
        let mut text = Text::default();
        text.metric("a_total", Kind::Counter, "All a.").sample(&[("x", "1"), ("y", "\"\\\n")], 7);
        text.metric("b", Kind::Gauge, "Now.").sample(&[], 0.5);
        let expected = "# HELP a_total All a.\n# TYPE a_total counter\na_total{x=\"1\",y=\"\\\"\\\\\\n\"} 7\n\
                        # HELP b Now.\n# TYPE b gauge\nb 0.5\n";
        assert_eq!(text.finish(), expected);
    }

    #[test]
    fn a_histogram_ends_with_infinity_sum_and_count() {
        let histogram = Histogram::default();
        histogram.observe(Duration::from_millis(2));
        let mut text = Text::default();
        text.metric("t_seconds", Kind::Histogram, "T.").histogram(&[("p", "dns")], &histogram);
        let text = text.finish();
        assert!(text.contains("t_seconds_bucket{p=\"dns\",le=\"0.001\"} 0\n"), "{text}");
        assert!(text.contains("t_seconds_bucket{p=\"dns\",le=\"0.0025\"} 1\n"), "{text}");
        let end = "t_seconds_bucket{p=\"dns\",le=\"+Inf\"} 1\nt_seconds_sum{p=\"dns\"} 0.002\nt_seconds_count{p=\"dns\"} 1\n";
        assert!(text.ends_with(end), "{text}");
    }
}
