// A key as it was pressed, kept until the next frame: one that is released before it is not lost.
#pragma once

namespace ringside::ui {

enum class Key { Left, Right, Up, Down, Home, End, Space, N, T, M, R, Plus, Minus };

struct KeyPress {
    Key key{};
    bool shift = false, control = false;
    bool repeated = false;  ///< the key is held
};

}  // namespace ringside::ui
