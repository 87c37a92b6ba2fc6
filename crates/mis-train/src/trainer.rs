//! One step of training.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Batch, LargeMemoryGoesBack};
use mis_models::tch::{Device, Kind, Tensor};
use mis_models::{Loss, Model, seeded};

use crate::optimizer::{Optimizer, clip};
use crate::ranks::{mean_statistics, sum_gradients};
use crate::weight_average::Averaged;
use crate::{Alone, Ranks, TrainConfig, tensors};

/// A model in training: takes one step for each batch, or for several. [`fit`](crate::fit) is this with epochs,
/// validation and checkpoints.
#[derive(Debug)]
pub struct Trainer<'a> {
    pub(crate) model: &'a mut Model,
    pub(crate) optimizer: Optimizer,
    pub(crate) averaged: Option<Averaged>,
    loss: &'a dyn Loss,
    config: &'a TrainConfig,
    ranks: &'a dyn Ranks,
    kind: Kind,
    seed: u64,
}

/// Patches of so many voxels go through a network one by one in training on the CPU, if that gives the same: their norms
/// need no copies then, and the second one's memory is free before the gradients of the first are made.
const LARGE_PATCH: usize = 1 << 20;

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepStats {
    /// The loss before the step: the mean over its batches.
    pub loss: f64,
    /// The norm of all gradients together before they are scaled down; none where they are not.
    pub gradient_norm: Option<f64>,
}

impl StepStats {
    /// Whether loss and gradients are numbers. Where they are not the step moved nothing.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.loss.is_finite() && self.gradient_norm.is_none_or(f64::is_finite)
    }
}

impl<'a> Trainer<'a> {
    /// Begins a training. `seed` is of what the network itself draws (dropout).
    pub fn new(model: &'a mut Model, loss: &'a dyn Loss, config: &'a TrainConfig, seed: u64) -> Result<Self> {
        config.check()?;
        loss.check(model.spec.n_classes)?;
        ensure!(
            !loss.is_deep() || model.net.n_heads() > 1,
            "deep supervision needs a network with several heads, this one has one: take plain-conv-unet, \
             residual-encoder-unet or unet-plus-plus, or the loss without it"
        );
        let optimizer = Optimizer::new(&config.optimizer, model.trainable());
        let averaged = config.average.map(|rule| Averaged::new(rule, model.variables()));
        let kind = config.precision.kind(model.store.device());
        Ok(Self { model, optimizer, averaged, loss, config, ranks: &Alone, kind, seed })
    }

    /// One of several ranks that train the same model: each step is theirs together, of all their batches.
    #[must_use]
    pub fn among(self, ranks: &'a dyn Ranks) -> Self {
        Self { ranks, ..self }
    }

    /// Moves the weights by the gradient of a batch's loss. A loss or gradient that is not finite moves nothing.
    pub fn step(&mut self, batch: &Batch, learning_rate: f64) -> Result<StepStats> {
        self.step_over(std::slice::from_ref(batch), learning_rate)
    }

    /// Moves the weights once, by the mean of the batches' gradients, each counting as its number of patches: as of one
    /// large batch in the memory of a small one, where the loss is a mean over patches. Of several ranks some may have
    /// no batch.
    pub fn step_over(&mut self, batches: &[Batch], learning_rate: f64) -> Result<StepStats> {
        let n_own: usize = batches.iter().map(Batch::n_patches).sum();
        let mut n_patches = [n_own as f64];
        self.ranks.sum_f64(&mut n_patches);
        ensure!(n_patches[0] > 0.0, "a step needs a batch");
        let large = |batch: &Batch| batch.images().shape()[2..].iter().product::<usize>() >= LARGE_PATCH;
        let _guard = batches.iter().any(large).then(LargeMemoryGoesBack::new);
        let (mut sum, mut gradients) = ([0.0], Vec::new());
        for (batch_idx, batch) in batches.iter().enumerate() {
            let share = batch.n_patches() as f64 / n_patches[0];
            let mut loss = self.loss(batch, batch_idx)?;
            if share < 1.0 {
                loss = loss.f_mul_scalar(share)?;
            }
            sum[0] += loss.f_double_value(&[])?;
            if !sum[0].is_finite() {
                break;
            }
            add(&mut gradients, self.optimizer.gradients(&loss)?)?;
        }
        self.ranks.sum_f64(&mut sum);
        let [loss] = sum;
        if !loss.is_finite() {
            return Ok(StepStats { loss, gradient_norm: None });
        }
        sum_gradients(self.ranks, &self.optimizer, &mut gradients)?;
        let max_norm = self.config.gradient_clip;
        let gradient_norm = max_norm.map(|max_norm| clip(&mut gradients, max_norm)).transpose()?;
        let stats = StepStats { loss, gradient_norm };
        if stats.is_finite() {
            self.optimizer.step(gradients, learning_rate)?;
            mean_statistics(self.ranks, self.model)?;
            if let Some(averaged) = &mut self.averaged {
                averaged.update(self.optimizer.n_steps())?;
            }
        }
        Ok(stats)
    }

    fn loss(&self, batch: &Batch, batch_idx: usize) -> Result<Tensor> {
        let (model, device) = (&*self.model, self.model.store.device());
        let labels = batch.labels().context("training needs labels")?;
        let images = tensors::images(batch.images(), model.spec.dims, device, self.kind)?;
        let target = tensors::target(labels, model.spec.dims, device)?;
        // What the network draws itself is a function of (seed, batch) too, so that a resumed run draws the same.
        let n_batches = self.optimizer.n_steps() * self.config.accumulate as u64 + batch_idx as u64;
        let n_batches = n_batches * self.ranks.n() as u64 + self.ranks.rank() as u64;
        let seed = self.seed ^ n_batches.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let heads = seeded(seed, || self.heads(&images));
        Ok(match self.loss.is_deep() {
            true => self.loss.forward_heads(&heads, &target),
            false => self.loss.forward(&heads[0], &target),
        })
    }

    /// The outputs that the loss compares with the labels, of a batch at once or of one patch after the other.
    fn heads(&self, images: &Tensor) -> Vec<Tensor> {
        let net = &self.model.net;
        let forward = |images: &Tensor| match self.loss.is_deep() {
            true => net.forward_heads(images, true),
            false => vec![net.forward_t(images, true)],
        };
        let n_patches = images.size()[0];
        let n_voxels: i64 = images.size()[2..].iter().product();
        let one_by_one = n_voxels >= LARGE_PATCH as i64 && images.device() == Device::Cpu;
        if n_patches == 1 || !one_by_one || !self.model.patches_are_apart() {
            return forward(images);
        }
        let of_each: Vec<Vec<Tensor>> = images.split(1, 0).iter().map(forward).collect();
        (0..of_each[0].len())
            .map(|head| Tensor::cat(&of_each.iter().map(|heads| &heads[head]).collect::<Vec<_>>(), 0))
            .collect()
    }

    /// The model as it is: with the weights in training, or with their average.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.model
    }

    /// Puts the average of the weights, where one is kept, into the model, and the weights that were there aside; a
    /// second time, back.
    pub fn exchange_average(&mut self) -> Result<()> {
        self.averaged.as_mut().map_or(Ok(()), Averaged::exchange)
    }

    /// Whether all weights are numbers.
    pub(crate) fn is_finite(&self) -> Result<bool> {
        for (_, weight) in self.model.trainable() {
            // The sum of finite numbers may overflow in f32 and does not in f64.
            if !weight.f_detach()?.f_sum(Kind::Double)?.f_double_value(&[])?.is_finite() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Adds gradients to a sum. A weight that a loss does not depend on has none.
fn add(sum: &mut Vec<Tensor>, gradients: Vec<Tensor>) -> Result<()> {
    if sum.is_empty() {
        *sum = gradients;
        return Ok(());
    }
    for (sum, gradient) in sum.iter_mut().zip(gradients) {
        match (sum.defined(), gradient.defined()) {
            (true, true) => {
                let _ = sum.f_add_(&gradient)?;
            }
            (false, true) => *sum = gradient,
            (_, false) => {}
        }
    }
    Ok(())
}
