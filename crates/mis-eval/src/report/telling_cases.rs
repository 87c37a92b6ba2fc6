//! Which cases are worth a look.

use mis_core::SampleId;

use crate::Report;

/// A case that is worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellingCase {
    /// Its fold.
    pub fold: usize,
    /// The case.
    pub id: SampleId,
    /// Why: `worst dice of tumor (0.1234)`; several reasons are joined by a semicolon.
    pub why: String,
}

impl Report {
    /// At most `n` cases that are worth a look: the worst of each foreground class by the first metric, then the best,
    /// then the median, each case of a fold once with all its reasons.
    #[must_use]
    pub fn telling_cases(&self, n: usize) -> Vec<TellingCase> {
        let mut cases: Vec<TellingCase> = Vec::new();
        let metric = &self.metrics()[0].name;
        for rank in ["worst", "best", "median"] {
            for (class_idx, class) in self.classes().iter().enumerate().skip(1) {
                let ranked = self.worst(0, class_idx, usize::MAX);
                let place = match rank {
                    "worst" => 0,
                    "best" => ranked.len().saturating_sub(1),
                    _ => ranked.len() / 2,
                };
                let Some(&(fold, case, score)) = ranked.get(place) else { continue };
                let why = format!("{rank} {metric} of {class} ({})", self.cell(0, Some(score)));
                if let Some(known) = cases.iter_mut().find(|known| known.id == case.id && known.fold == fold)
                {
                    known.why = format!("{}; {why}", known.why);
                } else if cases.len() < n {
                    cases.push(TellingCase { fold, id: case.id.clone(), why });
                }
            }
        }
        cases
    }
}

#[cfg(test)]
mod tests {
    use crate::cross_validate::tests::report;

    #[test]
    fn worst_best_and_median_of_each_class_are_worth_a_look_and_none_stands_twice() {
        let report = report();
        let cases = report.telling_cases(6);
        let worst = report.worst(0, 1, 7);
        assert_eq!((&cases[0].id, cases[0].fold), (&worst[0].1.id, worst[0].0));
        assert!(cases[0].why.starts_with("worst dice of kidney ("), "{:?}", cases[0]);
        let reasons = cases.iter().flat_map(|case| case.why.split("; ")).count();
        assert_eq!(reasons, 6);
        let mut ids: Vec<_> = cases.iter().map(|case| &case.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), cases.len());
        assert_eq!(report.telling_cases(1).len(), 1);
        assert!(report.telling_cases(0).is_empty());
    }
}
