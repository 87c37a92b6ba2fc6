//! NumPy's legacy random numbers, for folds that others made with them.

/// NumPy's `RandomState`: the Mersenne Twister MT19937 (Matsumoto & Nishimura 1998).
pub(crate) struct NumpyRandom {
    state: [u32; N],
    next: usize,
}

const N: usize = 624;
const M: usize = 397;

impl NumpyRandom {
    /// `RandomState(seed)`
    pub(crate) fn new(seed: u32) -> Self {
        let mut state = [seed; N];
        for i in 1..N {
            let last = state[i - 1];
            state[i] = (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, next: N }
    }

    /// `RandomState.shuffle`
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.up_to(last as u32) as usize);
        }
    }

    /// A number from 0 to `largest`, by drawing as many bits as it has until they are no larger.
    fn up_to(&mut self, largest: u32) -> u32 {
        let mask = u32::MAX >> largest.leading_zeros();
        loop {
            let drawn = self.draw() & mask;
            if drawn <= largest {
                return drawn;
            }
        }
    }

    fn draw(&mut self) -> u32 {
        if self.next == N {
            self.twist();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn twist(&mut self) {
        for i in 0..N {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_its_reference_numbers() {
        // The C++ standard asks this of std::mt19937, with its default seed 5489.
        let mut random = NumpyRandom::new(5489);
        assert_eq!((0..10_000).map(|_| random.draw()).last(), Some(4_123_659_995));
    }
}
