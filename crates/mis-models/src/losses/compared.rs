//! Logits laid against their target: what all losses are made of.

use tch::{Kind, Tensor};

/// The class index of a voxel that nothing is known of: losses leave it out.
pub const IGNORED: u8 = 255;

/// Logits and target in the form that losses reckon with: in `f32`, or in `f64` where the logits are.
///
/// A target of class indices makes the classes exclusive (softmax); one of masks lets regions overlap (sigmoid).
pub(super) struct Compared {
    log_p: Tensor, // (batch, class, voxel)
    truth: Truth,
    known: Option<Tensor>, // (batch, 1, voxel), 1 where something is known; none where all is
    kind: Kind,
}

enum Truth {
    Classes {
        target: Tensor, // (batch, voxel), −1 where unknown
        log_q: Tensor,  // (batch, 1, voxel): of the true class's probability
    },
    Masks {
        masks: Tensor, // (batch, region, voxel), 0 or 1
        log_q: Tensor, // (batch, region, voxel): of the probability of what is true
    },
}

/// Probabilities and labels summed over space, each `(batch, class)`.
pub(super) struct ClassSums {
    /// Σ y p: what of each class's voxels is given to the class.
    pub(super) overlap: Tensor,
    /// Σ y: voxels of the class.
    pub(super) target: Tensor,
    /// Σ p: probability given to the class.
    pub(super) predicted: Tensor,
}

impl Compared {
    /// From logits `(batch, class, space…)` of any floating kind and class indices `(batch, space…)`, or masks
    /// `(batch, class, space…)` that hold 0, 1 or, where nothing is known, a negative number.
    pub(super) fn new(logits: &Tensor, target: &Tensor) -> Self {
        let kind = if logits.kind() == Kind::Double { Kind::Double } else { Kind::Float };
        if target.dim() == logits.dim() {
            return Self::with_masks(logits, target, kind);
        }
        let log_p = logits.log_softmax(1, kind).flatten(2, -1);
        let mut target = target.to_kind(Kind::Int64).flatten(1, -1);
        let mut known = None;
        if target.max().int64_value(&[]) == i64::from(IGNORED) {
            let unknown = target.eq(i64::from(IGNORED));
            target = target.masked_fill(&unknown, -1);
            known = Some(unknown.logical_not().to_kind(kind).unsqueeze(1));
        }
        let index = if known.is_some() { target.clamp_min(0) } else { target.shallow_clone() };
        let log_q = log_p.gather(1, &index.unsqueeze(1), false);
        Self { log_p, truth: Truth::Classes { target, log_q }, known, kind }
    }

    fn with_masks(logits: &Tensor, masks: &Tensor, kind: Kind) -> Self {
        let logits = logits.to_kind(kind).flatten(2, -1);
        let masks = masks.to_kind(kind).flatten(2, -1);
        let known = (masks.min().double_value(&[]) < 0.0)
            .then(|| masks.select(1, 0).ge(0.0).to_kind(kind).unsqueeze(1));
        let masks = masks.clamp_min(0.0);
        let log_q = (&logits * (&masks * 2.0 - 1.0)).log_sigmoid();
        Self { log_p: logits.log_sigmoid(), truth: Truth::Masks { masks, log_q }, known, kind }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn n_classes(&self) -> usize {
        self.log_p.size()[1] as usize
    }

    /// Sums over the known voxels, without a one-hot tensor.
    pub(super) fn sums(&self) -> ClassSums {
        let over_space = |xs: Tensor| xs.sum_dim_intlist([-1_i64].as_slice(), false, self.kind);
        let p = self.log_p.exp();
        let predicted = match &self.known {
            Some(known) => over_space(&p * known),
            None => over_space(p.shallow_clone()),
        };
        match &self.truth {
            Truth::Classes { target, log_q } => {
                let q = log_q.squeeze_dim(1).exp(); // (batch, voxel)
                let (mut overlap, mut count) = (Vec::new(), Vec::new());
                for class in 0..self.n_classes() as i64 {
                    let elsewhere = target.ne(class);
                    overlap.push(over_space(q.masked_fill(&elsewhere, 0.0)));
                    count.push(over_space(elsewhere.logical_not().to_kind(self.kind)));
                }
                ClassSums { overlap: Tensor::stack(&overlap, 1), target: Tensor::stack(&count, 1), predicted }
            }
            Truth::Masks { masks, .. } => {
                let masks = self.known.as_ref().map_or_else(|| masks.shallow_clone(), |known| masks * known);
                ClassSums { overlap: over_space(&p * &masks), target: over_space(masks), predicted }
            }
        }
    }

    /// ln of the probability given to what is true: of each voxel `(batch, 1, voxel)`, or of each voxel and region
    /// `(batch, region, voxel)`.
    pub(super) fn log_q(&self) -> &Tensor {
        match &self.truth {
            Truth::Classes { log_q, .. } | Truth::Masks { log_q, .. } => log_q,
        }
    }

    /// That probability, kept so far from 0 and 1 that its powers and logarithm have finite gradients.
    pub(super) fn q_within(&self, margin: f64) -> Tensor {
        self.log_q().exp().clamp(margin, 1.0 - margin)
    }

    /// A number for each true class (or, of masks, each region), laid out as [`log_q`](Self::log_q).
    pub(super) fn by_class(&self, numbers: &[f64]) -> Tensor {
        let numbers = Tensor::from_slice(numbers).to_kind(self.kind).to_device(self.log_p.device());
        match &self.truth {
            Truth::Classes { target, .. } => {
                let index = target.clamp_min(0);
                numbers.index_select(0, &index.flatten(0, -1)).view_as(&index).unsqueeze(1)
            }
            Truth::Masks { .. } => numbers.view([1, -1, 1]),
        }
    }

    /// 1 where the truth is foreground and 0 where it is background, laid out as [`log_q`](Self::log_q).
    pub(super) fn foreground(&self) -> Tensor {
        match &self.truth {
            Truth::Classes { target, .. } => target.gt(0).to_kind(self.kind).unsqueeze(1),
            Truth::Masks { masks, .. } => masks.shallow_clone(),
        }
    }

    /// The mean of what is laid out as [`log_q`](Self::log_q) over all that is known; 0 where nothing is.
    pub(super) fn mean(&self, terms: &Tensor) -> Tensor {
        self.weighted_mean(terms, None)
    }

    /// The mean with weights, as Σ w t / Σ w.
    pub(super) fn weighted_mean(&self, terms: &Tensor, weights: Option<&Tensor>) -> Tensor {
        let sum = |xs: &Tensor| xs.sum(self.kind);
        let weights = match (&self.known, weights) {
            (None, None) => return terms.mean(self.kind),
            (None, Some(weights)) => weights.expand_as(terms),
            (Some(known), None) => known.expand_as(terms),
            (Some(known), Some(weights)) => (known * weights).expand_as(terms),
        };
        // Nothing known weighs nothing: its mean is 0, not 0 / 0.
        sum(&(terms * &weights)) / sum(&weights).clamp_min(f64::from(f32::MIN_POSITIVE))
    }

    /// Number of known voxels in the batch.
    pub(super) fn n_known(&self) -> i64 {
        match &self.known {
            Some(known) => known.sum(Kind::Int64).int64_value(&[]),
            None => self.log_p.size()[0] * self.log_p.size()[2],
        }
    }

    /// What is laid out as [`log_q`](Self::log_q), with 0 where nothing is known.
    pub(super) fn known_or_zero(&self, terms: &Tensor) -> Tensor {
        self.known.as_ref().map_or_else(|| terms.shallow_clone(), |known| terms * known)
    }

    /// Probabilities less truth of one class `(batch, voxel)`, 0 where nothing is known.
    pub(super) fn error(&self, class: usize) -> Tensor {
        let class = class as i64;
        let truth = match &self.truth {
            Truth::Classes { target, .. } => target.eq(class).to_kind(self.kind),
            Truth::Masks { masks, .. } => masks.select(1, class),
        };
        let error = self.log_p.select(1, class).exp() - truth;
        self.known.as_ref().map_or_else(|| error.shallow_clone(), |known| &error * known.squeeze_dim(1))
    }

    /// The first class that is foreground: classes begin with the background, regions do not.
    pub(super) fn first_foreground(&self) -> usize {
        match &self.truth {
            Truth::Classes { .. } => 1,
            Truth::Masks { .. } => 0,
        }
    }
}

impl ClassSums {
    /// The sums over the whole batch `(1, class)`.
    pub(super) fn over_batch(self) -> Self {
        self.map(|xs| xs.sum_dim_intlist([0_i64].as_slice(), true, xs.kind()))
    }

    /// The sums over everything `(1, 1)`.
    pub(super) fn over_all(self) -> Self {
        self.map(|xs| xs.sum(xs.kind()).view([1, 1]))
    }

    /// The sums of all classes from `first` on.
    pub(super) fn starting_at(self, first: usize) -> Self {
        self.map(|xs| xs.narrow(1, first as i64, xs.size()[1] - first as i64))
    }

    /// `(TP + s) / (TP + fn · FN + fp · FP + s)` of each class: at ½ and ½ the Dice coefficient with 2 s, at 1 and 1 the
    /// Jaccard index.
    pub(super) fn index(&self, false_negative: f64, false_positive: f64, smooth: f64) -> Tensor {
        let missed = &self.target - &self.overlap;
        let claimed = &self.predicted - &self.overlap;
        let hit = &self.overlap + smooth;
        &hit / (&hit + missed * false_negative + claimed * false_positive)
    }

    fn map(self, f: impl Fn(Tensor) -> Tensor) -> Self {
        Self { overlap: f(self.overlap), target: f(self.target), predicted: f(self.predicted) }
    }
}
