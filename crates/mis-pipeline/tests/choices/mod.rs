//! Experiments made of every option that a file may name.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Places of an experiment file, and what may stand there. `#` is a number between 0 and 1, `@` a small whole one; a place
/// `name[]` takes a list of its choices.
pub(crate) const CHOICES: &[(&str, &[&str])] = &[
    ("seed", &["@"]),
    ("classes", &["['background', 'organ']", "['background', { name = 'tumor', values = [2, 4] }]"]),
    (
        "data",
        &[
            "{ case-folders = { path = 'd', image = 'i.nii.gz', labels = 's.nii.gz' } }",
            "{ nnunet = 'd' }",
            "{ paired = { path = 'd', image = ['a/*.png', 'b/*.png'], labels = 'l/*.png', others = 'background' } }",
            "{ paired = { path = 'd', image = 'a/*.png', labels = 'l/*.png', others = 'refused' } }",
            "{ slices = { of = { nnunet = 'd' }, axis = 1 } }",
            "{ aligned = { of = { case-folders = { path = 'd' } } } }",
        ],
    ),
    ("cases", &["{ leave-out = ['a', 'b'], first = @ }"]),
    (
        "preprocess[]",
        &[
            "{ reorient = { to = 'LPS' } }",
            "{ crop = { to = 'non-zero', margin = [@, @, @] } }",
            "{ crop = { to = { above = -# } } }",
            "{ crop = { to = 'above-mean' } }",
            "{ crop = { to = 'image' } }",
            "{ resample = { spacing = [@, #, #], image = 'linear', labels = 'nearest', overshoot = 'keep', \
             anti-alias = 'gaussian', rounding = 'floor', anisotropy = @ } }",
            "{ resample = { spacing = [@, #, #], image = 'cubic', labels = 'one-hot-linear', overshoot = 'clip', \
             anti-alias = 'none', rounding = 'half-even' } }",
            "{ resize = { shape = [@, @, @], image = 'nearest', labels = 'nearest', overshoot = 'keep', \
             anti-alias = 'gaussian' } }",
            "{ pad = { min-size = [@, @, @], divisible-by = [@, @, @], fill = 'minimum' } }",
            "{ pad = { fill = 'maximum' } }",
            "{ pad = { fill = 'mean' } }",
            "{ pad = { fill = 'median' } }",
            "{ pad = { fill = { value = # } } }",
            "{ pad = { fill = 'edge' } }",
            "{ pad = { fill = 'reflect' } }",
            "{ pad = { fill = 'symmetric' } }",
            "{ pad = { fill = 'wrap' } }",
            "{ pad = { fill = { linear-ramp = # } } }",
            "{ clip = { min = -#, max = # } }",
            "{ clip-percentiles = { low = #, high = 99, over = 'non-zero', channels = 'joint' } }",
            "'z-score'",
            "{ z-score = { over = { above = # }, outside = 'zero', channels = 'each', smooth = # } }",
            "{ z-score = { outside = 'scale' } }",
            "{ min-max = { to = [-#, #], channels = 'joint', smooth = # } }",
            "'grayscale'",
            "{ hounsfield-window = { min = -#, max = #, to = [0, 1], slope = @, intercept = #, padding = -@ } }",
            "{ ct-normalize = { min = -#, max = #, mean = #, sd = # } }",
            "{ histogram-standardize = { percentiles = [1, 50, 99], landmarks = [0, #, 1], over = 'above-mean' } }",
            "{ on-channels = { channels = [@], step = 'z-score' } }",
        ],
    ),
    ("augment", &["'none'", "'standard'", "'miscnn'", "{ cycles = @, transforms = 'miscnn' }"]),
    (
        "augment[]",
        &[
            "{ spatial = { rotation = { up-to = # }, rotation-p = #, scale = { uniform = [#, 1] }, scale-axes = 'each', \
             scale-p = #, shear = #, shear-p = #, elastic = { sigma = [#, 2], strength = { alpha = [#, 2] } }, \
             elastic-p = #, shift = [@, @, @], shift-p = #, slicewise = 'never', image = 'cubic', \
             labels = 'one-hot-linear', fill = { value = # }, outside = 'ignore' } }",
            "{ spatial = { rotation = { per-axis = [#, #, #] }, scale = { around-one = [#, 2] }, scale-axes = 'together', \
             elastic = { strength = { largest = [#, 2] } }, slicewise = { beyond = @ }, image = 'linear', \
             labels = 'nearest', fill = 'minimum', outside = 'background' } }",
            "{ spatial = { rotation = 'by-shape', image = 'nearest' } }",
            "{ mirror = { axes = [true, false, true] } }",
            "{ rot90 = { axes = [true, false, true], slicewise = 'never' } }",
            "{ transpose = { axes = [true, false, true], slicewise = { beyond = # } } }",
            "{ brightness = { factor = { uniform = [#, 1] } } }",
            "{ brightness-shift = { amount = [-#, #] } }",
            "{ contrast = { factor = { around-one = [#, 1] }, preserve-range = false } }",
            "{ gamma = { exponent = { uniform = [#, 1] }, retain-stats = true, invert = true } }",
            "{ histogram-shift = { n-points = @ } }",
            "{ gaussian-noise = { sigma = [0, #] } }",
            "{ rician-noise = { sigma = [0, #] } }",
            "{ multiplicative-noise = { sigma = [0, #] } }",
            "{ gaussian-blur = { sigma = [#, 1], channel-p = # } }",
            "{ sharpen = { strength = [#, 1], sigma = [#, 1], channel-p = # } }",
            "{ low-resolution = { scale = [#, 1], channel-p = #, slicewise = 'never' } }",
            "{ bias-field = { strength = [0, #] } }",
            "{ ghosting = { n-ghosts = [1, @], intensity = [#, 1], axes = [true, false, true] } }",
            "{ motion = { n-movements = [1, @], degrees = #, shift = #, axes = [true, false, true] } }",
            "{ cut-out = { n-boxes = [1, @], size = [#, 1], fill = { value = # } } }",
            "{ channel-dropout = { channel-p = #, fill = 'minimum' } }",
            "{ sequence = ['mirror', 'rot90'] }",
            "{ sometimes = { p = #, transform = { gamma = { invert = true } } } }",
            "{ one-of = ['mirror', { gaussian-noise = { sigma = [0, #] } }] }",
            "{ per-channel = { p = #, transform = 'bias-field' } }",
        ],
    ),
    (
        "folds",
        &[
            "{ k-fold = @ }",
            "'leave-one-out'",
            "'nnunet'",
            "{ hold-out = # }",
            "{ stratified = { k = @, by = 'classes' } }",
            "{ stratified = { k = @, by = { volume = 'tumor' } } }",
            "{ grouped = { k = @, by = { before = '_' } } }",
            "{ grouped = { k = @, by = { file = 'groups.tsv' } } }",
            "{ repeated = { times = @, of = { k-fold = 5 } } }",
            "{ detailed = [{ train = ['a', 'b'], val = ['c'] }] }",
            "{ file = 'splits_final.json' }",
        ],
    ),
    (
        "loss",
        &[
            "{ tversky = { alpha = #, beta = #, smooth = # } }",
            "{ tversky-cross-entropy = { tversky = { alpha = # }, cross-entropy = { weights = [1, #] } } }",
            "{ soft-dice = { background = false, over = 'batch', smooth = # } }",
            "{ weighted-dice = { weights = [#, 1], over = 'everything', smooth = # } }",
            "{ generalized-dice = { background = false, smooth = # } }",
            "{ dice-cross-entropy = { dice = { background = false, over = 'patch', smooth = # }, cross-entropy = { weights = [1, #] } } }",
            "{ jaccard = { background = false, over = 'batch', smooth = # } }",
            "{ cross-entropy = { weights = [#, 1] } }",
            "{ top-k-cross-entropy = { fraction = # } }",
            "{ focal = { alpha = [#, 1], gamma = @ } }",
            "{ focal-tversky = { delta = #, gamma = #, over = 'batch', smooth = # } }",
            "{ modified-focal = { symmetry = 'symmetric', delta = #, gamma = # } }",
            "{ modified-focal-tversky = { symmetry = 'asymmetric', delta = #, gamma = # } }",
            "{ unified-focal = { symmetry = 'symmetric', lambda = #, delta = #, gamma = # } }",
            "{ combo = { alpha = #, beta = #, smooth = # } }",
            "{ hausdorff = { alpha = @, erosions = @ } }",
            "{ sum = [{ weight = #, loss = 'tversky' }, { loss = 'cross-entropy' }] }",
            "{ regions = { regions = [[1, 2], [2]], loss = 'soft-dice' } }",
            "{ deep-supervision = { loss = 'dice-cross-entropy', weights = [1, #] } }",
        ],
    ),
    (
        "patches",
        &[
            "{ size = [8, 8, 8], overlap = [@, @, @], placement = 'evenly-spread', sampling = 'grid', \
             last-batch = 'drop', skip-blank = { min-foreground = #, keep-rate = # }, \
             skip-dark = { at-most = -#, share = #, channel = 0 } }",
            "{ size = [16, 16, 1], placement = 'shifted-back', sampling = 'random-crop', last-batch = 'keep', \
             skip-blank = true, foreground = { share = #, class-weights = [0, #] } }",
        ],
    ),
    (
        "model",
        &[
            "{ unet = { depth = @, base-channels = @, max-channels = 320, block = 'residual', skip = 'attention', \
             norm = { group = { channels = @ } }, activation = { leaky = { slope = # } }, order = 'norm-activation', \
             dropout = #, pooling = 'average', up-sampling = 'linear', strides = [[1, 2, 2]] } }",
            "{ unet = { block = 'standard', skip = 'plain', norm = 'batch', activation = 'relu', \
             order = 'activation-norm', pooling = 'max', up-sampling = 'transposed' } }",
            "{ unet = { block = 'residual-encoder', norm = 'instance', activation = 'leaky-relu', pooling = 'conv', \
             up-sampling = 'nearest' } }",
            "{ unet = { block = 'residual-encoder-of-output', norm = 'none', activation = 'elu' } }",
            "{ unet = { block = 'dense', activation = 'silu' } }",
            "{ unet = { block = 'compact', activation = 'gelu' } }",
            "{ multi-res-unet = { depth = @, base-channels = @, activation = 'elu' } }",
            "{ unet-plus-plus = { depth = @, base-channels = @, norm = 'instance', activation = 'elu', \
             order = 'norm-activation', dropout = #, pooling = 'conv', up-sampling = 'linear' } }",
            "{ plain-conv-unet = { features = [4, 8], strides = [[1, 1, 1], [1, 2, 2]], kernels = [[1, 3, 3], [3, 3, 3]], \
             convs-per-stage = @, decoder-convs = @, norm = 'batch', activation = 'relu', dropout = # } }",
            "{ residual-encoder-unet = { features = [4, 8], blocks = [1, @], strides = [[1, 1, 1], [1, 2, 2]], \
             kernels = [[1, 3, 3], [3, 3, 3]], decoder-convs = @, norm = 'batch', activation = 'relu', dropout = # } }",
            "{ torch-script = { path = 'net.pt', divisor = [@, @, @] } }",
        ],
    ),
    ("start-from", &["'runs/one/fold_all'"]),
    (
        "train",
        &[
            "{ epochs = @, steps-per-epoch = @, batch-size = @, accumulate = @, optimizer = { adam = { \
             learning-rate = #, beta1 = #, beta2 = #, epsilon = # } }, schedule = { poly = { exponent = # } }, \
             gradient-clip = @, average = { decay = # }, early-stop = { patience = @, min-delta = #, watch = 'dice' }, \
             validate-every = @, validate-on = 'scans', keep-checkpoints = @, precision = 'bf16', device = 'cuda:0', threads = @, workers = @ }",
            "{ optimizer = { adam-w = { learning-rate = #, beta1 = #, beta2 = #, epsilon = #, weight-decay = # } }, \
             schedule = { cosine = { warm-up = @, floor = # } }, precision = 'f32', \
             early-stop = { patience = @, watch = 'validation' } }",
            "{ optimizer = { sgd-nesterov = { learning-rate = #, momentum = #, weight-decay = # } }, \
             schedule = { one-cycle = { warm-up = #, start = #, end = # } }, precision = 'auto', \
             early-stop = { patience = @, watch = 'training' } }",
            "{ optimizer = 'adam', schedule = { plateau = { factor = #, patience = @, min-delta = #, cooldown = @, \
             min-rate = #, watch = 'training' } } }",
            "{ schedule = 'constant', device = 'cpu', validate-on = 'patches' }",
        ],
    ),
    (
        "predict",
        &[
            "{ merge = { crop = [@, @, @] }, batch-size = @, weights = 'best', mirror = { axes = [true, false, true] }, \
             postprocess = ['fill-holes', { remove-small = { below = #, of = { classes = [1] }, connectivity = 'faces' } }], \
             postprocess-if-better = [{ keep-largest = { of = 'each-class', connectivity = 'corners' } }] }",
            "{ merge = 'mean', weights = 'last', postprocess = [{ keep-largest = { of = 'foreground' } }] }",
            "{ merge = 'gaussian' }",
        ],
    ),
    (
        "evaluate",
        &[
            "{ policy = 'deepmind', metrics = ['dice', 'jaccard', 'precision', 'sensitivity', 'specificity', 'accuracy', \
             'predicted-volume', 'true-volume', 'volume-difference', 'relative-volume-difference', 'hausdorff', 'hd95', \
             'assd', { nsd = { tolerance = # } }, { lesion-precision = { connectivity = 'faces', overlap = 'touch' } }, \
             { lesion-recall = { connectivity = 'corners', overlap = { covered = # } } }, \
             { lesion-f1 = { connectivity = 'edges', overlap = { iou = # } } }] }",
            "{ policy = 'nnunet' }",
            "{ policy = 'monai', metrics = ['dice'] }",
            "{ policy = 'medpy' }",
        ],
    ),
    (
        "report",
        &[
            "{ cases = @, overlay = { window = [-#, #], alpha = #, slices = 'coronal', errors = true, channel = @, \
             max-side = @, max-frames = @, tiles = @, tile-side = @, frame-ms = @ } }",
            "{ overlay = { window = 'auto', slices = 'axial' } }",
            "{ overlay = { slices = 'sagittal' } }",
        ],
    ),
    ("store", &["{ folder = 'store', keep = 'batches' }", "{ folder = 'store', keep = 'samples' }"]),
];

/// A file of these choices, with data and patches where they are not among them.
pub(crate) fn text_of(choices: &[(&str, &str)], number: f64, whole: u32) -> String {
    let mut text = String::new();
    let mut lists: Vec<(&str, Vec<&str>)> = Vec::new();
    for &(place, choice) in choices {
        match place.strip_suffix("[]") {
            Some(list) => match lists.iter_mut().find(|(place, _)| *place == list) {
                Some((_, items)) => items.push(choice),
                None => lists.push((list, vec![choice])),
            },
            None => text += &format!("{place} = {choice}\n"),
        }
    }
    for (place, items) in lists {
        text += &format!("{place} = [{}]\n", items.join(", "));
    }
    for (place, usual) in [("data", "{ nnunet = 'd' }"), ("patches", "{ size = [8, 8, 8] }")] {
        if choices.iter().all(|(chosen, _)| *chosen != place) {
            text += &format!("{place} = {usual}\n");
        }
    }
    text.replace('#', &format!("{number:?}")).replace('@', &whole.to_string())
}

/// Files of some of the choices, with numbers of any length.
pub(crate) fn experiments() -> impl Strategy<Value = String> {
    let places = subsequence(CHOICES.to_vec(), 0..=CHOICES.len());
    let choices = places.prop_flat_map(|places| {
        let is_list = places.iter().any(|(place, _)| *place == "augment[]");
        let chosen = places.into_iter().filter(move |(place, _)| !(is_list && *place == "augment"));
        let strategies: Vec<BoxedStrategy<Vec<(&str, &str)>>> = chosen
            .map(|(place, choices)| {
                let n = if place.ends_with("[]") { 1..4 } else { 1..2 };
                let choices = prop::collection::vec(select(choices), n);
                choices
                    .prop_map(move |chosen| chosen.into_iter().map(|choice| (place, choice)).collect())
                    .boxed()
            })
            .collect();
        strategies
    });
    (choices, 1e-6..1.0_f64, 1..400_u32)
        .prop_map(|(choices, number, whole)| text_of(&choices.concat(), number, whole))
}
