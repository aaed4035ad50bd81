import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The package finds its module beside its script, where pre-bundling would not leave it.
  optimizeDeps: { exclude: ["ticketing-wasm"] },
  // Here the package is a link out of this directory; installed from a registry it needs no such line.
  resolve: { preserveSymlinks: true },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
