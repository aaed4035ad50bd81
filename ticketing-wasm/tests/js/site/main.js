import * as ticketing from "ticketing-wasm";

globalThis.sent = [];
await ticketing.init();
ticketing.bindForm(document.querySelector("form"), ticketing.createValidator(), {
  async onSubmit(ticket) {
    globalThis.sent.push(ticket);
    await new Promise((done) => setTimeout(done, 100));
    return {
      status: 422,
      errors: [
        { field: "categoria", code: "unknown-value", message: "No hay tal categoría.", params: {} },
        { field: "asunto", code: "required", message: "Aquí sí.", params: {} },
      ],
    };
  },
});
globalThis.ticketing = ticketing;
