//! Changes of grey values; the labels stay as they are.

mod bias_field;
mod brightness;
mod brightness_shift;
mod channel_dropout;
mod contrast;
mod cut_out;
mod gamma;
mod gaussian_blur;
mod gaussian_noise;
mod ghosting;
mod histogram_shift;
mod low_resolution;
mod motion;
mod multiplicative_noise;
mod rician_noise;
mod sharpen;

mod k_space;
mod normal;
mod power;

pub use bias_field::BiasField;
pub use brightness::Brightness;
pub use brightness_shift::BrightnessShift;
pub use channel_dropout::ChannelDropout;
pub use contrast::Contrast;
pub use cut_out::CutOut;
pub use gamma::Gamma;
pub use gaussian_blur::GaussianBlur;
pub use gaussian_noise::{GaussianNoise, NoiseDraw};
pub use ghosting::{Ghosting, GhostingDraw};
pub use histogram_shift::HistogramShift;
pub use low_resolution::LowResolution;
pub use motion::{Motion, MotionDraw, Movement};
pub use multiplicative_noise::MultiplicativeNoise;
pub use rician_noise::RicianNoise;
pub use sharpen::{Sharpen, SharpenDraw};
