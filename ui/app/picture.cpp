// PNG by libpng's simplified interface.
#include "ui/app/picture.hpp"

#include <png.h>

#include <cstring>
#include <filesystem>

namespace ringside::ui {

Status write_png(const Picture& picture, const std::string& file) {
    png_image image;
    std::memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = png_uint_32(picture.width);
    image.height = png_uint_32(picture.height);
    image.format = PNG_FORMAT_RGB;
    const std::string partial = file + ".part";
    std::error_code error;
    if (!png_image_write_to_file(&image, partial.c_str(), 0, picture.rgb.data(), 0, nullptr)) {
        std::filesystem::remove(partial, error);
        Diagnostic d;
        d.file = file;
        d.message = std::string("the picture could not be written: ") + image.message;
        return d;
    }
    std::filesystem::rename(partial, file, error);
    if (!error) return {};
    const std::string why = error.message();
    std::filesystem::remove(partial, error);
    Diagnostic d;
    d.file = file;
    d.message = "the picture could not be written: " + why;
    return d;
}

}  // namespace ringside::ui
