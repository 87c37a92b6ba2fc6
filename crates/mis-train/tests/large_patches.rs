//! A step of training on patches that go through the network one by one.

use std::collections::BTreeMap;

use mis_core::ndarray::{Array3, Axis};
use mis_core::{Affine, Batch, LabelMap, Sample, Volume};
use mis_models::tch::{self, Device, Kind, Tensor};
use mis_models::{DiceCrossEntropy, Dims, Loss as _, Model, ModelSpec, Norm, UNet};
use mis_train::{Precision, SgdNesterov, TrainConfig, Trainer};

#[test]
fn large_patches_move_the_weights_as_a_batch_seen_at_once_would() {
    tch::set_num_threads(1);
    let spec = ModelSpec { n_channels: 1, n_classes: 2, dims: Dims::Three };
    let patches = [0.0, 0.4].map(|noise| {
        let shape = [64, 128, 128];
        let labels = Array3::from_shape_fn(shape, |(i, j, k)| u8::from(i > 20 && j > 50 && k < 90));
        let image = labels.mapv(|label| f32::from(label) + noise).insert_axis(Axis(0));
        let affine = Affine::from_spacing([1.0; 3]);
        let labels = Some(LabelMap::new(labels, affine).unwrap());
        Sample { id: "large".into(), image: Volume::new(image, affine).unwrap(), labels }
    });
    let batch = Batch::stack(&patches).unwrap();
    let loss = DiceCrossEntropy::default(); // its Dice is over the whole batch
    for (norm, apart) in [(Norm::Instance, true), (Norm::Batch, false)] {
        let unet = UNet { depth: 1, base_channels: 2, norm, ..UNet::default() };
        let mut model = Model::build(&unet, spec, Device::Cpu, 1).unwrap();
        assert_eq!(model.patches_are_apart(), apart);

        let images = batch.images().iter().copied().collect::<Vec<f32>>();
        let images = Tensor::from_slice(&images).view([2, 1, 64, 128, 128]);
        let target = batch.labels().unwrap().iter().map(|&label| i64::from(label)).collect::<Vec<_>>();
        let target = Tensor::from_slice(&target).view([2, 64, 128, 128]);
        let whole = loss.forward(&model.net.forward_t(&images, true), &target);
        whole.backward();
        let expected: BTreeMap<String, Tensor> = model
            .trainable()
            .into_iter()
            .map(|(name, weight)| (name, weight.detach() - weight.grad() * 0.1))
            .collect();

        let before: BTreeMap<String, Tensor> =
            model.trainable().into_iter().map(|(name, weight)| (name, weight.copy())).collect();
        let sgd = SgdNesterov { momentum: 0.0, weight_decay: 0.0, ..SgdNesterov::default() };
        let config = TrainConfig {
            precision: Precision::F32,
            optimizer: sgd.into(),
            gradient_clip: None,
            ..TrainConfig::default()
        };
        let mut trainer = Trainer::new(&mut model, &loss, &config, 0).unwrap();
        let stats = trainer.step(&batch, 0.1).unwrap();
        assert!((stats.loss - whole.double_value(&[])).abs() < 1e-5);
        let (mut moved, mut difference) = (0.0, 0.0);
        for (name, weight) in model.trainable() {
            let squares = |from: &Tensor| (&weight - from).square().sum(Kind::Double).double_value(&[]);
            moved += squares(&before[&name]);
            difference += squares(&expected[&name]);
        }
        // libtorch adds up a million voxels one by one, which leaves few digits of a gradient.
        let share = f64::sqrt(difference / moved);
        assert!(share < 0.02, "{norm:?}: gradients differ by {share} of themselves");
    }
}
