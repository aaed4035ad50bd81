import { createRoot } from "react-dom/client";

import "./style.css";
import { TicketForm } from "./TicketForm.jsx";
import { loadValidator } from "./tickets.js";

const app = document.getElementById("app");
try {
  const validator = await loadValidator(document.documentElement.lang);
  createRoot(app).render(<TicketForm validator={validator} />);
} catch (error) {
  app.textContent = "El formulario no se pudo cargar. Vuelva a abrir la página.";
  throw error;
}
