module pyoprollup.example/go_decompress

go 1.22

require github.com/andybalholm/brotli v1.1.0
