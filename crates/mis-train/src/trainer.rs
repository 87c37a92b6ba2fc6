//! One step of training.

use anyhow::{Context as _, Result, ensure};
use mis_core::Batch;
use mis_models::tch::Kind;
use mis_models::{Loss, Model, seeded};

use crate::optimizer::Optimizer;
use crate::{TrainConfig, tensors};

/// A model in training: takes one step for each batch. [`fit`](crate::fit) is this with epochs, validation and
/// checkpoints.
#[derive(Debug)]
pub struct Trainer<'a> {
    pub(crate) model: &'a mut Model,
    pub(crate) optimizer: Optimizer,
    loss: &'a dyn Loss,
    config: &'a TrainConfig,
    kind: Kind,
    seed: u64,
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
        let kind = config.precision.kind(model.store.device());
        Ok(Self { model, optimizer, loss, config, kind, seed })
    }

    /// Moves the weights by the gradient of a batch's loss; gives the loss before the step. A loss that is not finite
    /// moves nothing.
    pub fn step(&mut self, batch: &Batch, learning_rate: f64) -> Result<f64> {
        let (model, device) = (&*self.model, self.model.store.device());
        let labels = batch.labels().context("training needs labels")?;
        let images = tensors::images(batch.images(), model.spec.dims, device, self.kind)?;
        let target = tensors::target(labels, model.spec.dims, device)?;
        // What the network draws itself is a function of (seed, step) too, so that a resumed run draws the same.
        let seed = self.seed ^ self.optimizer.n_steps().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let loss = if self.loss.is_deep() {
            let logits = seeded(seed, || model.net.forward_heads(&images, true));
            self.loss.forward_heads(&logits, &target)
        } else {
            self.loss.forward(&seeded(seed, || model.net.forward_t(&images, true)), &target)
        };
        let value = loss.f_double_value(&[])?;
        if value.is_finite() {
            let gradients = self.optimizer.gradients(&loss)?;
            self.optimizer.step(gradients, self.config.gradient_clip, learning_rate)?;
        }
        Ok(value)
    }
}
