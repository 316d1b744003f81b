//! Readers, run in turn, and the table of what they did.

use std::{
    fmt,
    hint::black_box,
    time::{Duration, Instant},
};

/// Readers that do the same work over the same texts.
pub struct Section {
    pub name: &'static str,
    pub corpus: String,
    /// What the readers are given, for those that run elsewhere.
    pub texts: Vec<String>,
    pub readers: Vec<Reader>,
}

/// One way to do the work.
pub struct Reader {
    pub name: &'static str,
    /// The objects that it takes.
    pub objects: usize,
    /// How many it refuses; they are left out of its run.
    pub refused: usize,
    pub bytes: usize,
    pub best: Duration,
    run: Option<Box<dyn FnMut() -> Duration>>,
}

impl Section {
    /// Runs each reader in turn, so that a busy moment does not hit one alone.
    pub fn measure(&mut self, rounds: usize) {
        for _ in 0..rounds {
            for reader in &mut self.readers {
                if let Some(run) = &mut reader.run {
                    reader.best = reader.best.min(run());
                }
            }
        }
    }

    /// Megabytes per second of the reader of this name.
    pub fn rate(&self, name: &str) -> Option<f64> {
        self.readers.iter().find(|reader| reader.name == name).map(Reader::megabytes_per_second)
    }
}

impl Reader {
    /// A reader of whole documents: `prepare` is not measured, `work` is, and so is dropping what it made.
    pub fn of_documents<D: 'static, T>(
        name: &'static str,
        (objects, bytes): (usize, usize),
        mut prepare: impl FnMut() -> Vec<D> + 'static,
        work: impl Fn(D) -> T + 'static,
    ) -> Self {
        let run = move || {
            let documents = prepare();
            let start = Instant::now();
            for document in documents {
                drop(black_box(work(document)));
            }
            start.elapsed()
        };
        Self { name, objects, refused: 0, bytes, best: Duration::MAX, run: Some(Box::new(run)) }
    }

    /// A reader of texts one by one. Those for which `work` gives `None` are counted and left out.
    pub fn of_texts<T>(
        name: &'static str,
        texts: &[String],
        work: impl Fn(&str) -> Option<T> + 'static,
    ) -> Self {
        let taken: Vec<String> =
            texts.iter().filter(|text| work(text).is_some()).cloned().collect();
        let (objects, refused) = (taken.len(), texts.len() - taken.len());
        let bytes = taken.iter().map(String::len).sum();
        let run = move || {
            let start = Instant::now();
            for text in &taken {
                drop(black_box(work(black_box(text))));
            }
            start.elapsed()
        };
        Self { name, objects, refused, bytes, best: Duration::MAX, run: Some(Box::new(run)) }
    }

    /// What another program measured.
    pub fn measured_elsewhere(
        name: &'static str,
        (objects, refused, bytes): (usize, usize, usize),
        best: Duration,
    ) -> Self {
        Self { name, objects, refused, bytes, best, run: None }
    }

    fn objects_per_second(&self) -> f64 {
        self.objects as f64 / self.best.as_secs_f64()
    }

    fn megabytes_per_second(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.best.as_secs_f64()
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {}", self.name, self.corpus)?;
        writeln!(
            f,
            "  {:34} {:>12} {:>9} {:>9} {:>9}",
            "", "objects/s", "MB/s", "of first", "refused"
        )?;
        let first = self.readers.first().map(Reader::megabytes_per_second);
        for reader in &self.readers {
            if reader.objects == 0 {
                writeln!(
                    f,
                    "  {:34} {:>12} {:>9} {:>9} {:>9}",
                    reader.name, "-", "-", "-", reader.refused
                )?;
                continue;
            }
            let rate = reader.megabytes_per_second();
            writeln!(
                f,
                "  {:34} {:>12.0} {:>9.1} {:>9.2} {:>9}",
                reader.name,
                reader.objects_per_second(),
                rate,
                rate / first.unwrap_or(f64::NAN),
                reader.refused,
            )?;
        }
        Ok(())
    }
}
