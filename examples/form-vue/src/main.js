import { createApp } from "vue";

import "./style.css";
import TicketForm from "./TicketForm.vue";
import { loadValidator } from "./tickets.js";

try {
  const validator = await loadValidator(document.documentElement.lang);
  createApp(TicketForm, { validator }).mount("#app");
} catch (error) {
  document.getElementById("app").textContent = "El formulario no se pudo cargar. Vuelva a abrir la página.";
  throw error;
}
